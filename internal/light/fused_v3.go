//go:build amd64.v3

package light

// fused says that the compiler fuses multiplications and additions.
const fused = true
