// SPDX-License-Identifier: Apache-2.0
package main

import "errors"

func main() {
	defer func() {
		r := recover()
		panic(r)
	}()
	panic(errors.New("again"))
}
