// This file lets known.go declare a function without a body.
