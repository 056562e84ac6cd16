// Package views runs Go functions on a cluster's engines. A [LoadBalancedView] lets the scheduler choose the engines, a
// [DirectView] addresses them; package client makes both.
//
//	rc := client.MustConnect()
//	view := rc.LoadBalanced()
//	sq := view.Map(func(x int) int { return x * x }, views.Range(0, 8))
//	sq.Get() // [0 1 4 9 16 25 36 49]
//
// # Functions
//
// A function is given as it is: a literal, a named function, a variable that holds one, a method value. Its code goes to
// the engines with everything that it uses; the variables it captures go by value, as they are when the call is made. What
// cannot leave the process (a channel, an open file, a lock) is an error before anything runs. If the first parameter is a
// [context.Context], the engine gives it: it is cancelled with the job, or by a [Timeout].
//
// # Inputs
//
// Map takes one input per parameter of the function: a slice, an array, a [Range] (of which nothing is sent), or an iterator
// ([iter.Seq]), which may be endless. Inputs of several parameters are walked side by side, and must be equally long.
// Options stand among the inputs: view.Map(f, xs, views.Retries(2)).
//
// What lives on engines (a Push, a Scatter, an Execute or an earlier call has left it there) is an input or an argument by its name:
//
//	view.Scatter("part", xs)
//	view.Apply(func(part []float64, k float64) { for i := range part { part[i] *= k } }, views.Ref[[]float64]("part"), 2.0)
//
// # Results
//
// Map, Apply and Execute wait and return a [Result]; MapAsync, ApplyAsync and ExecuteAsync return it at once. What went wrong is
// told by the result's methods: Get returns the values there are together with the error. An element that failed is an
// [*ElementError]; [errors.As] finds the first, and a [*MapError] has them all.
//
// The functions [Map], [Map2] and [Apply] are the same with static types.
package views
