// SPDX-License-Identifier: Apache-2.0

// Roaming lets phones into a network: roaming ROLE [KEY=VALUE...]. `hlr` serves "/attach?sim=N" over HTTP at listen; it asks partner (a
// URL) for the phones of other countries, again so often (retries); answers 404 to SIM cards that it does not know; tells the
// audit of each number that moved here if the file flags has "porting on"; change: what its release does otherwise (prepaid: looks
// at the credit). `phones` attach at the URL to, every so many seconds, and tell what failed; hurry=1: some hang up before the
// answer, some have a card that nobody knows.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var version string

var options = map[string]string{"every": "0.25", "change": "", "retries": "0", "hurry": "0"}

type credit struct {
	cents int
}

type sim struct {
	number  int
	foreign bool
	ported  bool
	credit  *credit
}

type audit struct {
	moved map[int]string
}

var client = http.Client{Timeout: time.Second}

var errUnknown = errors.New("no such card")

func lookUp(number int) (*sim, error) {
	if number%9000 >= 8000 {
		return nil, errUnknown
	}
	s := &sim{number: number, foreign: number%3 == 0, ported: number%4 == 1}
	if number%5 != 2 {
		s.credit = &credit{number * 7 % 3000}
	}
	return s, nil
}

func (s *sim) mayCall() bool {
	if options["change"] == "prepaid" {
		return s.credit.cents >= 0
	}
	return s.credit == nil || s.credit.cents >= 0
}

func (a *audit) note(s *sim) {
	a.moved[s.number] = time.Now().Format(time.RFC3339)
}

func flag(name string) bool {
	text, err := os.ReadFile(options["flags"])
	return err == nil && strings.Contains(string(text), name+" on")
}

func askPartner(s *sim) error {
	tries, _ := strconv.Atoi(options["retries"])
	for ; ; tries-- {
		answer, err := client.Get(fmt.Sprintf("%s?sim=%d", options["partner"], s.number))
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode < 500 {
				return nil
			}
			err = fmt.Errorf("partner: %s", answer.Status)
		}
		if tries <= 0 {
			return err
		}
		time.Sleep(400 * time.Millisecond)
	}
}

func attach(number int) error {
	s, err := lookUp(number)
	if err != nil {
		return err
	}
	if s.foreign && options["partner"] != "" {
		if err := askPartner(s); err != nil {
			return err
		}
	}
	if !s.mayCall() {
		return errUnknown
	}
	if s.ported && flag("porting") {
		go new(audit).note(s)
	}
	return nil
}

func serve(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.URL.Query().Get("sim"))
	switch err := attach(number); {
	case errors.Is(err, errUnknown):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		log.Printf("hlr: card %d: %v", number, err)
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func ask(count int) error {
	after, number := 2*time.Second, count%8000
	if options["hurry"] == "1" && count%6 == 0 {
		after = time.Millisecond / 2
	}
	if options["hurry"] == "1" && count%7 == 0 {
		number = 8500
	}
	ctx, cancel := context.WithTimeout(context.Background(), after)
	defer cancel()
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s?sim=%d", options["to"], number), nil)
	answer, err := client.Do(request)
	if err != nil {
		if after < time.Second {
			return nil
		}
		return err
	}
	answer.Body.Close()
	if answer.StatusCode >= 500 {
		return errors.New(answer.Status)
	}
	return nil
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	if os.Args[1] == "hlr" {
		http.HandleFunc("/attach", serve)
		log.Fatal(http.ListenAndServe(options["listen"], nil))
	}
	every, _ := strconv.ParseFloat(options["every"], 64)
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		if err := ask(count); err != nil {
			log.Print("phones: no network: ", err)
		}
	}
}
