// SPDX-License-Identifier: Apache-2.0
package main

func at(list []int, i int) int { return list[i] }

func main() {
	at([]int{1, 2}, 5)
}
