package views

import "iter"

// Inputs is what the typed functions map over: a slice, an iterator, or a [Range].
type Inputs[T any] interface {
	~[]T | ~func(yield func(T) bool) | Integers
}

// TypedResult is a [Result] whose values have a static type.
type TypedResult[R any] struct {
	// Result is the job, with all that can be asked of it.
	Result *Result
}

// Get waits and returns the values in the order of the inputs. For errors see [Result.Get]; elements without a value are zero.
func (t *TypedResult[R]) Get() ([]R, error) {
	var out []R
	err := t.Result.Into(&out)
	return out, err
}

// All is [Result.All] with typed values.
func (t *TypedResult[R]) All() iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		t.Result.All()(func(v any, err error) bool {
			var x R
			if err == nil {
				err = Assign(&x, v)
			}
			return yield(x, err)
		})
	}
}

// Ready reports whether the job has ended.
func (t *TypedResult[R]) Ready() bool { return t.Result.Ready() }

// Cancel ends the job.
func (t *TypedResult[R]) Cancel() { t.Result.Cancel() }

// CellValue is what a notebook shows; see [Result.CellValue].
func (t *TypedResult[R]) CellValue() (any, error) { return t.Result.CellValue() }

// Map calls f for every element of xs and waits.
func Map[T, R any, S Inputs[T]](view View, f func(T) R, xs S, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.Map(f, Args(opts, xs)...)}
}

// MapAsync is [Map] without waiting.
func MapAsync[T, R any, S Inputs[T]](view View, f func(T) R, xs S, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.MapAsync(f, Args(opts, xs)...)}
}

// TryMap is [Map] for a function that may fail.
func TryMap[T, R any, S Inputs[T]](view View, f func(T) (R, error), xs S, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.Map(f, Args(opts, xs)...)}
}

// Map2 calls f for every pair of elements of as and bs, which must be equally long, and waits.
func Map2[A, B, R any, SA Inputs[A], SB Inputs[B]](view View, f func(A, B) R, as SA, bs SB, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.Map(f, Args(opts, as, bs)...)}
}

// Apply calls f, on one engine or on each of a direct view's, and waits. There is one value per call.
func Apply[R any](view View, f func() R, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.Apply(f, Args(opts)...)}
}

// Apply1 is [Apply] for a function of one parameter.
func Apply1[A, R any](view View, f func(A) R, a A, opts ...Option) *TypedResult[R] {
	return &TypedResult[R]{Result: view.Apply(f, Args(opts, a)...)}
}

// Ref stands for the variable of this name on each engine, that a Push, a Scatter, an Execute or an earlier call has left there: as an
// argument of Apply, or an input of Map, it is the value of the engine on which the function runs. The parameter is a T, or a *T to
// change the variable; what a T refers to, as the elements of a slice, is the engine's own and can be changed in any case.
func Ref[T any](name string) Reference { return NewReference(name, (*T)(nil)) }

// Gather is [DirectView.Gather] with a static type.
func Gather[T any](view *DirectView, expr string, opts ...Option) ([]T, error) {
	var out []T
	all, err := view.Gather(expr, opts...)
	if err == nil {
		err = Assign(&out, all)
	}
	return out, err
}
