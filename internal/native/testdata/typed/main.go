// Command typed is an executable that no cell can be opened in: its package main has a type.
package main

import (
	"fmt"

	"github.com/gocluster/gocluster/internal/native/testdata/hosted"
)

type result struct{ text string }

func main() {
	fmt.Sprint(result{"used"})
	hosted.Main()
}
