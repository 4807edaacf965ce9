// SPDX-License-Identifier: Apache-2.0
package main

import (
	"net"
	"net/http"
	"net/http/httptest"
)

func main() {
	_ = net.IP{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		panic("handler broke")
	}))
	http.Get(s.URL)
	println("goes on")
}
