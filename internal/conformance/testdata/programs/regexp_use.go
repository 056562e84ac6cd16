package main

import (
	"fmt"
	"regexp"
	"strings"
)

var date = regexp.MustCompile(`(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)`)

func main() {
	s := "from 2024-02-29 to 2025-01-01"
	fmt.Println(date.FindString(s), date.FindAllString(s, -1), date.FindStringIndex(s))
	m := date.FindStringSubmatch(s)
	for i, n := range date.SubexpNames() {
		if n != "" {
			fmt.Print(n, "=", m[i], " ")
		}
	}
	fmt.Println(date.ReplaceAllString(s, "${d}.${m}.$y"))
	fmt.Println(date.ReplaceAllStringFunc(s, func(x string) string { return strings.ReplaceAll(x, "-", "/") }))
	re := regexp.MustCompile(`\s*[,;]\s*`)
	fmt.Printf("%q\n", re.Split("a , b;c", -1))
	ok, err := regexp.MatchString(`^(ab)+$`, "ababab")
	fmt.Println(ok, err)
	_, err = regexp.Compile(`a(b`)
	fmt.Println(err)
}
