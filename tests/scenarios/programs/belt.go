// SPDX-License-Identifier: Apache-2.0

// Belt sorts parcels: belt ROLE [KEY=VALUE...]. `scanner` reports one every so often to the URL to, and tells what was not taken.
// `belt` takes them at listen and sorts them one by one: by routes (a file of JSON, read when it has changed); asks customs (a URL)
// for those that go abroad; keeps a photo of kb each in the folder photos (the last keep of them); change: what its release does
// otherwise (weight: takes the weight for a number, which small scanners send as text).
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

var version string

var options = map[string]string{"every": "0.3", "change": "", "kb": "300", "keep": "1000000"}

type parcel struct {
	ID      int
	Town    string
	Country string
	Weight  interface{}
}

type job struct {
	parcel parcel
	done   chan error
}

type plan struct {
	sync.Mutex
	routes map[string]int
	read   time.Time
}

type sorter struct {
	count int
}

var client = http.Client{Timeout: time.Second}

// chute panics without routes, of which net/http tells.
func (p *plan) chute(town string) int {
	if options["routes"] == "" {
		return len(town) % 8
	}
	p.Lock()
	defer p.Unlock()
	info, err := os.Stat(options["routes"])
	if err != nil {
		panic(err)
	}
	if !info.ModTime().Equal(p.read) {
		text, _ := os.ReadFile(options["routes"])
		p.routes = nil
		if err := json.Unmarshal(text, &p.routes); err != nil {
			panic(fmt.Errorf("%s: %w", options["routes"], err))
		}
		p.read = info.ModTime()
	}
	return p.routes[town]
}

func grams(weight interface{}) int {
	if text, isText := weight.(string); isText && options["change"] != "weight" {
		n, _ := strconv.Atoi(text)
		return n
	}
	return int(weight.(float64))
}

func declare(p parcel) error {
	answer, err := client.Get(fmt.Sprintf("%s?parcel=%d&grams=%d", options["customs"], p.ID, grams(p.Weight)))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 500 {
		return fmt.Errorf("customs: %s", answer.Status)
	}
	return nil
}

func (s *sorter) photograph() error {
	s.count++
	keep, _ := strconv.Atoi(options["keep"])
	kb, _ := strconv.Atoi(options["kb"])
	path := fmt.Sprintf("%s/%d.jpg", options["photos"], s.count%keep)
	if err := os.WriteFile(path, bytes.Repeat([]byte{0xd8}, kb<<10), 0o644); err != nil {
		os.Remove(path)
		return err
	}
	return nil
}

func (s *sorter) sort(p parcel) error {
	if grams(p.Weight) > 30000 {
		return fmt.Errorf("too heavy")
	}
	if options["customs"] != "" && p.Country != "" {
		if err := declare(p); err != nil {
			return err
		}
	}
	if options["photos"] != "" {
		return s.photograph()
	}
	return nil
}

func belt() {
	jobs, routes := make(chan job), plan{}
	go func() {
		var s sorter
		for j := range jobs {
			j.done <- s.sort(j.parcel)
		}
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var p parcel
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Chute", strconv.Itoa(routes.chute(p.Town)))
		j := job{p, make(chan error)}
		jobs <- j
		if err := <-j.done; err != nil {
			log.Printf("belt: parcel %d goes to the clerks: %v", p.ID, err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	log.Fatal(http.ListenAndServe(options["listen"], nil))
}

func report(count int) error {
	towns := []string{"Leipzig", "Hamm", "Kehl", "Passau"}
	p := parcel{ID: count, Town: towns[count%4], Weight: 200 + count%900}
	if count%3 == 1 {
		p.Country = "CH"
	}
	if count%5 == 4 {
		p.Weight = "450"
	}
	text, _ := json.Marshal(p)
	answer, err := client.Post(options["to"], "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	why, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, bytes.TrimSpace(why))
	}
	return nil
}

func main() {
	for _, word := range os.Args[2:] {
		for at := range word {
			if word[at] == '=' {
				options[word[:at]] = word[at+1:]
				break
			}
		}
	}
	log.SetFlags(log.LstdFlags | log.Lmsgprefix)
	if os.Args[1] == "belt" {
		belt()
	}
	every, _ := strconv.ParseFloat(options["every"], 64)
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		if err := report(count); err != nil {
			log.Print("scanner: not taken: ", err)
		}
	}
}
