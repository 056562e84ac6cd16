package main

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"strconv"
)

func main() {
	fmt.Printf("%x\n%x\n", md5.Sum([]byte("go")), sha256.Sum256([]byte("go")))
	h := fnv.New32a()
	h.Write([]byte("hello"))
	fmt.Println(h.Sum32(), crc32.ChecksumIEEE([]byte("hello")))
	fmt.Println(strconv.Quote("a\n\"b\""), strconv.FormatInt(-255, 16), strconv.FormatFloat(1.0/3, 'g', 5, 64))
	n, err := strconv.ParseInt("zz", 36, 64)
	fmt.Println(n, err)
	_, err = strconv.ParseBool("maybe")
	fmt.Println(err)
	f, _ := strconv.ParseFloat("1e-3", 64)
	u, err := strconv.ParseUint("300", 10, 8)
	fmt.Println(f, u, err, strconv.AppendInt(nil, 42, 2))
}
