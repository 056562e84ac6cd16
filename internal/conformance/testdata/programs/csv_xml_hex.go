package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
)

type Item struct {
	XMLName xml.Name `xml:"item"`
	ID      int      `xml:"id,attr"`
	Names   []string `xml:"name"`
}

func main() {
	recs, err := csv.NewReader(strings.NewReader("a,b\n\"x, y\",2\n")).ReadAll()
	fmt.Printf("%q %v\n", recs, err)
	w := csv.NewWriter(os.Stdout)
	w.Write([]string{"q\"uote", "plain", "with space"})
	w.Flush()
	b, err := xml.Marshal(Item{ID: 3, Names: []string{"n", "m"}})
	fmt.Println(string(b), err)
	var it Item
	fmt.Println(xml.Unmarshal([]byte(`<item id="9"><name>z</name></item>`), &it), it.ID, it.Names)
	fmt.Println(hex.EncodeToString([]byte("hi")), base64.StdEncoding.EncodeToString([]byte("hello")))
	buf := binary.BigEndian.AppendUint32(nil, 0xdeadbeef)
	fmt.Println(buf, binary.LittleEndian.Uint16(buf))
}
