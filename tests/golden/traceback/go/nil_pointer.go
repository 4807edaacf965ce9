// SPDX-License-Identifier: Apache-2.0
package main

type user struct{ name string }

func greet(u *user) int { return len(u.name) }

func main() {
	greet(nil)
}
