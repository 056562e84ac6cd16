#include "textflag.h"

// A method's code is called with the receiver and arguments in registers, and no closure. Stub i makes it a call of the closure at
// index i of closures: it touches nothing but registers that a callee may use as it likes.

#define STUB(i) PCALIGN $16; MOVL $(i), R12; JMP ·enter(SB);
#define STUBS8(i) STUB(i) STUB(i+1) STUB(i+2) STUB(i+3) STUB(i+4) STUB(i+5) STUB(i+6) STUB(i+7)
#define STUBS64(i) STUBS8(i) STUBS8(i+8) STUBS8(i+16) STUBS8(i+24) STUBS8(i+32) STUBS8(i+40) STUBS8(i+48) STUBS8(i+56)
#define STUBS512(i) STUBS64(i) STUBS64(i+64) STUBS64(i+128) STUBS64(i+192) STUBS64(i+256) STUBS64(i+320) STUBS64(i+384) STUBS64(i+448)

TEXT ·stubs(SB), NOSPLIT|NOFRAME, $0-0
	STUBS512(0)
	STUBS512(512)
	STUBS512(1024)
	STUBS512(1536)
	STUBS512(2048)
	STUBS512(2560)
	STUBS512(3072)
	STUBS512(3584)

TEXT ·enter(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ ·closures(SB), R13
	MOVQ (R13)(R12*8), DX
	MOVQ (DX), R13
	JMP R13

// func firstStub() uintptr
TEXT ·firstStub(SB), NOSPLIT, $0-8
	LEAQ ·stubs(SB), AX
	MOVQ AX, ret+0(FP)
	RET
