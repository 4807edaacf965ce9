// SPDX-License-Identifier: Apache-2.0

// Estimates of a car workshop over HTTP: garage ROLE [KEY=VALUE...]. `estimates` answers at listen with the price of a part, by the
// file prices (JSON, read for each), and logs what fails as libraries do: form=logfmt (go-kit), zap, zerolog or slog. A part that is
// unknown is the customer's mistake and logged all the same. change=hours: this release wants a field that only some parts
// have. `desk` asks every so often, for the parts asked, and those of then after so many seconds, and says nothing when it gets no price.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var options = map[string]string{"every": "0.3", "change": "", "form": "logfmt", "after": "1000"}

func entry(level, text string, err error, part string) {
	now := time.Now().UTC()
	switch options["form"] {
	case "zap":
		fmt.Fprintf(os.Stderr, "{\"level\":%q,\"ts\":%.7f,\"caller\":\"garage/estimates.go:61\",\"msg\":%q,\"part\":%q,\"error\":%q}\n",
			level, float64(now.UnixMicro())/1e6, text, part, err.Error())
	case "zerolog":
		fmt.Fprintf(os.Stderr, "{\"level\":%q,\"error\":%q,\"part\":%q,\"time\":%q,\"message\":%q}\n",
			level, err.Error(), part, now.Format(time.RFC3339), text)
	case "slog":
		log.Printf("%s %s part=%s err=%q", strings.ToUpper(level), text, part, err.Error())
	default:
		fmt.Fprintf(os.Stderr, "ts=%s caller=estimates.go:61 level=%s msg=%q part=%s err=%q\n",
			now.Format(time.RFC3339Nano), level, text, part, err.Error())
	}
}

func estimate(part string) (float64, error) {
	text, err := os.ReadFile(options["prices"])
	if err != nil {
		return 0, err
	}
	var prices map[string]map[string]float64
	if err := json.Unmarshal(text, &prices); err != nil {
		return 0, fmt.Errorf("prices: %w", err)
	}
	fields, known := prices[part]
	if !known {
		return 0, fmt.Errorf("no part %q", part)
	}
	hours, known := fields["hours"]
	if options["change"] == "hours" && !known {
		return 0, fmt.Errorf("part %q has no hours", part)
	}
	return fields["price"] + 80*hours, nil
}

func serve(w http.ResponseWriter, r *http.Request) {
	part := strings.TrimPrefix(r.URL.Path, "/")
	price, err := estimate(part)
	if err != nil {
		entry("error", "estimate failed", err, part)
		http.Error(w, "try again later", http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%.2f\n", price)
}

func ask(part string) {
	client := http.Client{Timeout: time.Second}
	if answer, err := client.Get("http://" + options["to"] + "/" + part); err == nil {
		answer.Body.Close()
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	if os.Args[1] == "estimates" {
		log.Fatal(http.ListenAndServe(options["listen"], http.HandlerFunc(serve)))
	}
	every, _ := strconv.ParseFloat(options["every"], 64)
	after, _ := strconv.ParseFloat(options["after"], 64)
	parts := strings.Split(options["asked"], ",")
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		if float64(count)*every > after {
			parts = strings.Split(options["then"], ",")
		}
		ask(parts[count%len(parts)])
	}
}
