// SPDX-License-Identifier: Apache-2.0

// Heat is of a district heating: heat ROLE [KEY=VALUE...]. `plant` answers HTTP at listen, for each house how warm the water must be: by
// curve (a YAML-like file of lines "OUTSIDE: FLOW", read for each), by the weather at a URL; change: what its release does otherwise
// (return: asks a sensor that every seventh house has not got; swap: reads the curve the other way round and ends with status 3 when
// it is too hot). `houses` ask the URL to in so many goroutines (many), every so many seconds each, again so often (retries), and tell
// what they were not told. `valves` reads the curve itself, every so many seconds, and ends with status 4 when it cannot.
package main

import (
	"bufio"
	"errors"
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

var options = map[string]string{"every": "0.3", "change": "", "many": "1", "retries": "0"}

var client = http.Client{Timeout: time.Second}

type sensor struct{ degrees int }

type house struct {
	number int
	back   *sensor
}

func number(key string) float64 {
	n, err := strconv.ParseFloat(options[key], 64)
	if err != nil {
		log.Fatalf("heat: %s: %v", key, err)
	}
	return n
}

func findHouse(n int) *house {
	if n%7 == 3 {
		return &house{number: n}
	}
	return &house{n, &sensor{40 + n%9}}
}

func readCurve(path string) (map[int]int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	curve := map[int]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		left, right, found := strings.Cut(lines.Text(), ": ")
		outside, err := strconv.Atoi(left)
		flow, bad := strconv.Atoi(right)
		if err == nil {
			err = bad
		}
		if err != nil || !found {
			return nil, fmt.Errorf("%s: %q is no point of a curve: %w", path, lines.Text(), err)
		}
		curve[outside] = flow
	}
	return curve, nil
}

// flow panics of a curve that cannot be read, of which net/http tells.
func flow(n int) int {
	if options["curve"] == "" {
		return 70
	}
	curve, err := readCurve(options["curve"])
	if err != nil {
		panic(err)
	}
	return curve[-10+5*(n%4)]
}

func correct(h *house, flow int) int {
	if options["change"] == "return" {
		return flow - h.back.degrees/10
	}
	if options["change"] == "swap" && flow+h.number%30 > 85 {
		log.Printf("house %d: %d degrees are too hot for its pipes, all valves are shut", h.number, flow+h.number%30)
		os.Exit(3)
	}
	return flow
}

func sky(n int) string {
	for tries := number("retries"); ; tries-- {
		answer, err := client.Get(options["weather"] + "?house=" + strconv.Itoa(n))
		if err == nil && answer.StatusCode < 500 {
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			return string(text)
		}
		if err == nil {
			answer.Body.Close()
			err = errors.New(answer.Status)
		}
		if tries <= 0 {
			panic(fmt.Errorf("no weather for house %d: %w", n, err))
		}
		time.Sleep(400 * time.Millisecond)
	}
}

func plant() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("house"))
		fmt.Fprintf(w, "%d degrees\n", correct(findHouse(n), flow(n)))
		if options["weather"] != "" {
			fmt.Fprintln(w, sky(n))
		}
	})
	log.Fatal(http.ListenAndServe(options["listen"], nil))
}

func ask(n int) error {
	answer, err := client.Get(options["to"] + "?house=" + strconv.Itoa(n))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	return err
}

func live(who int) {
	for count := who * 1000; ; count++ {
		time.Sleep(time.Duration(number("every") * float64(time.Second)))
		err := ask(count)
		for tries := number("retries"); err != nil && tries > 0; tries-- {
			time.Sleep(500 * time.Millisecond)
			err = ask(count)
		}
		if err != nil {
			log.Printf("house %d stays as it is: %v", count, err)
		}
	}
}

func valves() {
	for {
		time.Sleep(time.Duration(number("every") * float64(time.Second)))
		if _, err := readCurve(options["curve"]); err != nil {
			log.Print("valves: ", err)
			os.Exit(4)
		}
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	log.SetFlags(log.LstdFlags | log.LUTC)
	switch os.Args[1] {
	case "plant":
		log.Printf("heat %s", version)
		plant()
	case "valves":
		valves()
	}
	for who := 1; who < int(number("many")); who++ {
		go live(who)
	}
	live(0)
}
