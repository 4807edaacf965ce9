// SPDX-License-Identifier: Apache-2.0

// Silos of a chain of bakeries: flour ROLE [KEY=VALUE...]. `silo` serves HTTP at listen: it takes kilograms of each sort
// of flour from the stock of a bakery, asking a mill (a URL) so often as retries says; change: what its release does otherwise (sacks: counts sacks, which large orders have as text); guard=0: one
// that trusts that orders come one by one. `bakeries` order at to, many at once, every so many seconds each, up to most kg,
// again so often as retries says; hasty=N: each Nth goes before the answer.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var version = "dev"

var options = map[string]string{"listen": "127.0.0.1:0", "change": "", "retries": "0", "every": "0.3", "many": "1", "most": "90", "hasty": "0"}

// Kilograms by sort.
var stock = map[string]int{}
var stockLock sync.Mutex

func number(key string) int {
	n, _ := strconv.Atoi(options[key])
	return n
}

func fetch(address string) error {
	var err error
	for tries := number("retries"); tries >= 0; tries-- {
		client := http.Client{Timeout: 1500 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
		var answer *http.Response
		answer, err = client.Get(address)
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if answer.StatusCode < 400 {
				return nil
			}
			err = fmt.Errorf("%s answers %s", address, answer.Status)
		}
		time.Sleep(400 * time.Millisecond)
	}
	return err
}

func take(kg int) {
	if options["guard"] != "0" {
		stockLock.Lock()
		defer stockLock.Unlock()
	}
	for sort := 0; sort < 600; sort++ {
		stock[fmt.Sprintf("type %d", sort)] -= kg
	}
}

func sacks(order map[string]any) int {
	return int(order["sacks"].(float64))
}

func parse(kg int) map[string]any {
	text := fmt.Sprintf(`{"kg": %d, "sacks": %d}`, kg, kg/25)
	if kg > 150 {
		text = fmt.Sprintf(`{"kg": %d, "sacks": "%d on pallets"}`, kg, kg/25)
	}
	var order map[string]any
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		panic(err)
	}
	return order
}

func order(w http.ResponseWriter, r *http.Request) {
	kg, err := strconv.Atoi(r.URL.Query().Get("kg"))
	if err != nil {
		http.Error(w, "kg?", http.StatusBadRequest)
		return
	}
	parsed := parse(kg)
	if options["change"] == "sacks" {
		fmt.Fprintln(w, sacks(parsed), "sacks")
	}
	take(kg)
	if options["mill"] != "" {
		err = fetch(options["mill"] + "?kg=" + strconv.Itoa(kg))
	}
	if err != nil {
		log.Print(err)
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, kg, "kg")
}

func leave() {
	to, _ := url.Parse(options["to"])
	if line, err := net.Dial("tcp", to.Host); err == nil {
		fmt.Fprintf(line, "GET /order?kg=1 HTTP/1.0\r\n\r\n")
		line.Close()
	}
}

func bakery(id int) {
	every, _ := strconv.ParseFloat(options["every"], 64)
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		if hasty := number("hasty"); hasty > 0 && count%hasty == 0 {
			leave()
			continue
		}
		kg := (count*37+id)%number("most") + 1
		if err := fetch(fmt.Sprintf("%s?kg=%d", options["to"], kg)); err != nil {
			log.Printf("bakery %d: %v", id, err)
		}
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	log.Printf("flour %s of version %s", os.Args[1], version)
	if os.Args[1] == "bakeries" {
		for n := 1; n < number("many"); n++ {
			go bakery(n)
		}
		bakery(0)
	}
	http.HandleFunc("/order", order)
	log.Fatal(http.ListenAndServe(options["listen"], nil))
}
