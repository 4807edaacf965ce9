// SPDX-License-Identifier: Apache-2.0

// Computes until it is killed.
package main

//go:noinline
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func main() {
	for n := 0; ; n++ {
		fib(n % 30)
	}
}
