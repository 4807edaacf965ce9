// SPDX-License-Identifier: Apache-2.0
package main

type failure struct {
	code int
	text string
}

func (f failure) Error() string { return f.text }

type state struct{ a, b int }

func main() {
	defer func() {
		recover()
		panic(state{1, 2})
	}()
	panic(failure{3, "gone"})
}
