// SPDX-License-Identifier: Apache-2.0
package main

import "sync"

func main() {
	n := 0
	var g sync.WaitGroup
	g.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			n++
			g.Done()
		}()
	}
	g.Wait()
	println("done")
}
