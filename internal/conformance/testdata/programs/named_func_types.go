package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
)

type Middleware func(http.Handler) http.Handler

type Handler func(string) string

func (h Handler) Serve(s string) string { return "[" + h(s) + "]" }

type Server interface{ Serve(string) string }

func chain(h http.Handler, ms ...Middleware) http.Handler {
	for _, m := range ms {
		h = m(h)
	}
	return h
}

func tag(name string) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, name, "(")
			next.ServeHTTP(w, r)
			fmt.Fprint(w, ")")
		})
	}
}

func main() {
	var s Server = Handler(strings.ToUpper)
	fmt.Println(s.Serve("abc"))
	h := chain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }), tag("a"), tag("b"))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/x/y", nil))
	fmt.Println(rec.Code, rec.Body.String())
}
