// SPDX-License-Identifier: Apache-2.0

// Gate is the front of a shop: gate [KEY=VALUE...]. port: where it listens, next: URL that it asks for each request, keep=1 keeps the
// connections of its clients, bug (at one request in odds): quota (a panic, which net/http tells and lives on after), exit (ends with
// status 2), slice (as quota, in a goroutine: all ends).
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

var version string

var options = map[string]string{"port": "0", "bug": "", "odds": "1", "next": "", "every": "0"}

type tenant struct{ quota map[string]*int }

func (t *tenant) left(name string) int { return *t.quota[name] }

var count atomic.Int64

func meet() {
	odds, _ := strconv.ParseInt(options["odds"], 10, 64)
	if options["bug"] == "" || count.Add(1)%odds != 0 {
		return
	}
	switch options["bug"] {
	case "quota":
		(&tenant{}).left("shop")
	case "exit":
		fmt.Fprintln(os.Stderr, "gate: cannot read the table of tenants, giving up")
		os.Exit(2)
	case "slice":
		go func(rows []int) { fmt.Fprintln(io.Discard, rows[4]) }([]int{1, 2})
		time.Sleep(time.Millisecond * 50)
	}
}

var client = http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func ask() error {
	if options["next"] == "" {
		return nil
	}
	answer, err := client.Get(options["next"])
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func serve(w http.ResponseWriter, r *http.Request) {
	meet()
	if err := ask(); err != nil {
		log.Print("next: ", err)
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, "ok", version)
}

func main() {
	for _, word := range os.Args[1:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	if every, _ := strconv.ParseFloat(options["every"], 64); every > 0 {
		for {
			time.Sleep(time.Duration(every * float64(time.Second)))
			meet()
			if err := ask(); err != nil {
				log.Print("next: ", err)
			}
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+options["port"])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}
