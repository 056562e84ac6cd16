// The presence of this file lets owner.go declare a function without a body.
