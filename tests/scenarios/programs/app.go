// SPDX-License-Identifier: Apache-2.0

// A service in Go that handles a request every so often, and its bugs: app.go [KEY=VALUE...], as app.py has them.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

var options = map[string]string{"every": "0.3", "bug": "", "odds": "1", "after": "0"}
var prices map[string]int
var seen = map[int]int{}

func number(key string) int {
	value, _ := strconv.Atoi(options[key])
	return value
}

func connect() error {
	peer, err := net.DialTimeout("tcp", options["peer"], time.Second)
	if err != nil {
		return err
	}
	defer peer.Close()
	peer.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprint(peer, "PING\r\n")
	_, err = peer.Read(make([]byte, 100))
	return err
}

// Two goroutines write one map; mostly nothing comes of it.
func race(count int) {
	done := make(chan bool)
	for n := 0; n < 2; n++ {
		go func(n int) {
			for i := 0; i < 200000; i++ {
				seen[i%16] = n
			}
			done <- true
		}(n)
	}
	<-done
	<-done
}

func handle(count int) {
	switch options["bug"] {
	case "panic":
		prices["tea"] = count
	case "race":
		race(count)
	case "connect":
		if err := connect(); err != nil {
			fmt.Fprintln(os.Stderr, "request failed:", err)
		}
	case "exit":
		fmt.Fprintln(os.Stderr, "app: no route for", options["peer"])
		os.Exit(1)
	}
}

func main() {
	for _, word := range os.Args[1:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	every, _ := strconv.ParseFloat(options["every"], 64)
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		if count > number("after") && count%number("odds") == 0 {
			handle(count)
		}
	}
}
