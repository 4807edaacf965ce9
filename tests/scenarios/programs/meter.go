// SPDX-License-Identifier: Apache-2.0

// Takes in what meters tell, in Go: meter.go [KEY=VALUE...]. Keys: listen (address and port of its HTTP), forward (a URL that each
// reading goes to), flags (a file; the flag "rounding" sends readings another way), answer (number, json or empty), every (reads a
// meter of its own so often), text (what that meter shows), odds (of so many readings one shows it).
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type reading struct {
	value  float64
	digits []int
}

var options = map[string]string{"odds": "1", "answer": "number", "text": "42.5"}
var client = http.Client{Timeout: time.Second}

func hasFlag(name string) bool {
	text, err := os.ReadFile(options["flags"])
	return err == nil && strings.Contains(string(text), name)
}

func roundHalf(r reading) int {
	return r.digits[1] + r.digits[0]
}

func ingest(answer http.ResponseWriter, request *http.Request) {
	r := reading{value: 42.5}
	if options["flags"] != "" && hasFlag("rounding") {
		r.value = float64(roundHalf(r))
	}
	if options["forward"] != "" {
		passed, err := client.Get(options["forward"])
		if err != nil {
			fmt.Fprintln(os.Stderr, "meter: cannot forward:", err)
			http.Error(answer, "cannot forward", http.StatusBadGateway)
			return
		}
		io.Copy(io.Discard, passed.Body)
		passed.Body.Close()
	}
	switch options["answer"] {
	case "json":
		fmt.Fprintf(answer, "{\"reading\": %.1f}\n", r.value)
	case "number":
		fmt.Fprintf(answer, "%.1f\n", r.value)
	}
}

func parse(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(fmt.Sprintf("meter: reading %q: %v", text, err))
	}
	return value
}

func watch() {
	every, _ := strconv.ParseFloat(options["every"], 64)
	odds, _ := strconv.Atoi(options["odds"])
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		text := "42.5"
		if count%odds == 0 {
			text = options["text"]
		}
		go parse(text)
	}
}

func main() {
	for _, word := range os.Args[1:] {
		name, value, _ := strings.Cut(word, "=")
		options[name] = value
	}
	if options["every"] != "" {
		watch()
	}
	http.HandleFunc("/", ingest)
	fmt.Fprintln(os.Stderr, "meter:", http.ListenAndServe(options["listen"], nil))
	os.Exit(1)
}
