// SPDX-License-Identifier: Apache-2.0
package main

import "time"

type server struct{}

func (s server) serve(n int) {
	var m map[string]int
	m["x"] = n
}

func main() {
	go server{}.serve(3)
	time.Sleep(time.Second)
}
