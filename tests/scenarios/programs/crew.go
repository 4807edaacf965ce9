// SPDX-License-Identifier: Apache-2.0

// Crew keeps the rosters of an airline: crew ROLE [KEY=VALUE...]. `roster` answers HTTP at listen: who flies which duty; weather (a URL)
// is asked for each; flights is a file of lines "FLIGHT,SEATS", read for each manifest, which has some KB for each seat; change: what
// its release does otherwise (shared: all requests write one map). `planner` asks the URL to in so many goroutines (many), every so many
// seconds each, and tells what it was not told.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var version string

var options = map[string]string{"every": "0.3", "change": "", "many": "1", "kb": "20"}

var duties = map[string]int{}

type manifest struct {
	flight string
	pages  [][]byte
}

var client = http.Client{Timeout: time.Second}

func number(key string) float64 {
	n, err := strconv.ParseFloat(options[key], 64)
	if err != nil {
		log.Fatalf("crew: %s: %v", key, err)
	}
	return n
}

func assign(seats map[string]int, crew string) int {
	for leg := 0; leg < 4000; leg++ {
		seats[crew+strconv.Itoa(leg%40)] += leg
	}
	return len(seats)
}

func rosterOf(crew string) int {
	if options["change"] == "shared" {
		return assign(duties, crew)
	}
	return assign(map[string]int{}, crew)
}

// sky panics without weather, of which net/http tells.
func sky(crew string) string {
	answer, err := client.Get(options["weather"] + "?crew=" + crew)
	if err != nil {
		panic(fmt.Errorf("no weather for crew %s: %w", crew, err))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 500 {
		panic(fmt.Errorf("no weather for crew %s: %s", crew, answer.Status))
	}
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

func manifests(path string) (int, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	var all []manifest
	pages := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		flight, text, _ := strings.Cut(lines.Text(), ",")
		seats, err := strconv.Atoi(text)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		m := manifest{flight: flight}
		for seat := 0; seat < seats; seat++ {
			page := make([]byte, int(number("kb"))<<10)
			for at := range page {
				page[at] = byte(seat)
			}
			m.pages = append(m.pages, page)
		}
		all = append(all, m)
		pages += len(m.pages)
	}
	return pages, nil
}

func roster() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		crew := r.URL.Query().Get("crew")
		fmt.Fprintf(w, "%d duties\n", rosterOf(crew))
		if options["weather"] != "" {
			fmt.Fprintln(w, sky(crew))
		}
		if options["flights"] != "" {
			if pages, err := manifests(options["flights"]); err != nil {
				panic(err)
			} else {
				fmt.Fprintf(w, "%d pages\n", pages)
			}
		}
	})
	log.Fatal(http.ListenAndServe(options["listen"], nil))
}

func plan(who int) {
	for count := 1; ; count++ {
		time.Sleep(time.Duration(number("every") * float64(time.Second)))
		answer, err := client.Get(fmt.Sprintf("%s?crew=%d-%d", options["to"], who, count%30))
		if err != nil {
			log.Print("planner: ", err)
			continue
		}
		if _, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			log.Print("planner: ", answer.Status, " ", err)
		}
		answer.Body.Close()
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	log.SetFlags(log.LstdFlags | log.LUTC)
	if os.Args[1] == "roster" {
		log.Printf("crew %s", version)
		roster()
	}
	for who := 1; who < int(number("many")); who++ {
		go plan(who)
	}
	plan(0)
}
