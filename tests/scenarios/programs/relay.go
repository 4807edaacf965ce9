// SPDX-License-Identifier: Apache-2.0

// A service in Go over HTTP: relay.go [KEY=VALUE...]. Keys: port, settings (a JSON file that each request reads), field (what
// the price is called in its answers), bug, odds; or url (whom it asks) and every, then it serves nobody.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

type tariff struct {
	Zones []struct{ Price float64 } `json:"zones"`
}

var options = map[string]string{"every": "0.3", "odds": "1", "field": "price"}
var count int64

func read(path string) tariff {
	var t tariff
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
	}
	return t
}

func round(names []string) string {
	return names[len(names)]
}

func handle(answer http.ResponseWriter, request *http.Request) {
	odds, _ := strconv.Atoi(options["odds"])
	price := 1.5
	if options["settings"] != "" {
		price = read(options["settings"]).Zones[0].Price
	}
	if n := atomic.AddInt64(&count, 1); options["bug"] == "round" && int(n)%odds == 0 {
		round([]string{"half-up"})
	}
	json.NewEncoder(answer).Encode(map[string]float64{options["field"]: price})
}

func ask(url string) {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get(url)
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay: request failed:", err)
		return
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
}

func main() {
	for _, word := range os.Args[1:] {
		for n := range word {
			if word[n] == '=' {
				options[word[:n]] = word[n+1:]
				break
			}
		}
	}
	every, _ := strconv.ParseFloat(options["every"], 64)
	for options["url"] != "" {
		time.Sleep(time.Duration(every * float64(time.Second)))
		ask(options["url"])
	}
	http.HandleFunc("/", handle)
	fmt.Fprintln(os.Stderr, "relay:", http.ListenAndServe("127.0.0.1:"+options["port"], nil))
	os.Exit(1)
}
