// SPDX-License-Identifier: Apache-2.0
package main

func main() {
	m := map[int]int{}
	for i := 0; i < 8; i++ {
		go func() {
			for {
				m[1]++
			}
		}()
	}
	select {}
}
