// SPDX-License-Identifier: Apache-2.0
package main

func main() {
	c := make(chan int)
	go func() { <-c }()
	<-make(chan int)
}
