package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func isPalindrome(s string) bool {
	var r []rune
	for _, c := range strings.ToLower(s) {
		if unicode.IsLetter(c) {
			r = append(r, c)
		}
	}
	for i := range len(r) / 2 {
		if r[i] != r[len(r)-1-i] {
			return false
		}
	}
	return true
}

func main() {
	s := "héllo, 世界"
	fmt.Println(len(s), utf8.RuneCountInString(s), s[1], s[1:3], reverse(s))
	for i, r := range "aé世" {
		fmt.Print(i, ":", string(r), ":", utf8.RuneLen(r), " ")
	}
	fmt.Println()
	for i, r := range "a\xffb" {
		fmt.Print(i, ":", r, " ")
	}
	fmt.Println(utf8.ValidString("a\xff"))
	fmt.Println(isPalindrome("A man, a plan, a canal: Panama"), isPalindrome("Go"))
	fmt.Println(strings.Fields("  a b  c "), strings.Split("a,b,,c", ","), strings.Title("x y"))
	fmt.Println(strings.Replace("aaa", "a", "b", 2), strings.Index("chicken", "ken"), strings.TrimLeft("xxabc", "x"))
	var b strings.Builder
	for i := range 3 {
		fmt.Fprintf(&b, "%d-", i)
	}
	fmt.Println(b.String(), b.Len())
	before, after, ok := strings.Cut("k=v=w", "=")
	fmt.Println(before, after, ok, strings.EqualFold("Go", "GO"), strings.Count("cheese", "e"))
	r := strings.NewReplacer("<", "&lt;", ">", "&gt;")
	fmt.Println(r.Replace("<b>"), "abc" < "abd", "Z" < "a", string(rune(65)), string([]byte{104, 105}))
	raw := `a\n` + "b\n"
	fmt.Printf("%q %d\n", raw, strings.LastIndex(raw, "b"))
	fmt.Println(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, "a1b2"), strings.ContainsAny("xyz", "az"), strings.Repeat("=", 5))
}
