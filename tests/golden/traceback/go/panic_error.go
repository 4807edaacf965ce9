// SPDX-License-Identifier: Apache-2.0
package main

import "fmt"

type order struct{ id int }

func (o *order) pay(amount int) {
	panic(fmt.Errorf("order %d: cannot pay %d", o.id, amount))
}

func main() {
	o := &order{12}
	o.pay(7)
}
