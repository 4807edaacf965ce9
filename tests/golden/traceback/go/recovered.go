// SPDX-License-Identifier: Apache-2.0
package main

import "fmt"

func work() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("re-panic: %v", r))
		}
	}()
	panic("first")
}

func main() { work() }
