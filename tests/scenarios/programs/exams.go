// SPDX-License-Identifier: Apache-2.0

// Exams tells students their results over HTTP at -listen: weights and pass mark are of -settings (JSON, read each time; it
// ends without them), who is a student is known to -register (a URL, asked each time), what a course requires is in -catalogue
// (lines "course: others"). With -ask it is a client instead, which asks that URL every so often; -ca: whom it trusts, -retries:
// how often it asks once more. -change: what its release does otherwise (resits). Until release 4 there is -cache.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

var version = "0"

var (
	listen    = flag.String("listen", "", "address to serve at")
	settings  = flag.String("settings", "", "weights and the pass mark")
	register  = flag.String("register", "", "who knows the students")
	catalogue = flag.String("catalogue", "", "courses")
	ask       = flag.String("ask", "", "be a client of this")
	every     = flag.Duration("every", 250*time.Millisecond, "time between questions")
	authority = flag.String("ca", "", "whom a client trusts")
	retries   = flag.Int("retries", 0, "how often a client asks once more")
	change    = flag.String("change", "", "what this release does otherwise")
)

type grading struct {
	Pass    float64
	Weights []float64
}

type student struct {
	number   int
	attempts map[string]int
}

func find(number int) student {
	if number%4 == 0 {
		return student{number: number} // resits, and comes from the old system
	}
	return student{number, map[string]int{"main": 1}}
}

func (s student) count() {
	if *change == "resits" {
		s.attempts["resit"]++
	}
}

func rules() (grading, error) {
	if *settings == "" {
		return grading{50, []float64{1, 2}}, nil
	}
	var found grading
	text, err := os.ReadFile(*settings)
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	return found, err
}

var client = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func get(url string) (string, error) {
	answer, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 500 {
		err = fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return string(text), err
}

func results(number int) (string, error) {
	graded, err := rules()
	if err != nil {
		log.Fatal("exams: no grading, no results: ", err)
	}
	if *register != "" {
		if _, err := get(*register); err != nil {
			return "", err
		}
	}
	find(number).count()
	sum := 0.0
	for n, weight := range graded.Weights {
		sum += weight * float64((number*(n+3))%100)
	}
	return fmt.Sprintf("%d: %v (release %s)\n", number, sum >= graded.Pass, version), nil
}

func courses() map[string][]string {
	found := map[string][]string{}
	text, _ := os.ReadFile(*catalogue)
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, others, _ := strings.Cut(line, ":")
		found[name] = strings.Fields(others)
	}
	return found
}

func requires(all map[string][]string, name string) []string {
	list := []string{name}
	for _, other := range all[name] {
		list = append(list, requires(all, other)...)
	}
	return list
}

func answer(w http.ResponseWriter, r *http.Request) {
	if course := r.FormValue("course"); course != "" {
		fmt.Fprintln(w, requires(courses(), course))
		return
	}
	number, err := strconv.Atoi(r.FormValue("student"))
	if err != nil {
		http.Error(w, "no such student", http.StatusNotFound)
		return
	}
	text, err := results(number)
	if err != nil {
		log.Print("exams: ", err)
		http.Error(w, "no results now", http.StatusBadGateway)
		return
	}
	fmt.Fprint(w, text)
}

func trust() {
	text, err := os.ReadFile(*authority)
	pool := x509.NewCertPool()
	if err == nil && !pool.AppendCertsFromPEM(text) {
		err = errors.New("no certificate in " + *authority)
	}
	if err != nil {
		log.Fatal(err)
	}
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
}

func portal() {
	for count := 1; ; count++ {
		time.Sleep(*every)
		_, err := get(*ask + "?student=" + strconv.Itoa(count))
		for n := 0; n < *retries && err != nil; n++ {
			time.Sleep(400 * time.Millisecond)
			_, err = get(*ask + "?student=" + strconv.Itoa(count))
		}
		if err != nil {
			log.Print("portal: ", err)
		}
	}
}

func main() {
	if major, _ := strconv.Atoi(strings.Split(version, ".")[0]); major < 4 {
		flag.Int("cache", 0, "results to keep")
	}
	flag.Parse()
	debug.SetMaxStack(16 << 20)
	if *authority != "" {
		trust()
	}
	if *ask != "" {
		portal()
	}
	log.Fatal(http.ListenAndServe(*listen, http.HandlerFunc(answer)))
}
