// SPDX-License-Identifier: Apache-2.0
package main

import "errors"

func main() {
	panic(errors.New("two\nlines"))
}
