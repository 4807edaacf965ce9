// SPDX-License-Identifier: Apache-2.0

// Lab hands on results in HL7: lab ROLE [KEY=VALUE...]. `analyser` sends one every so often to the address to and waits for what it
// is answered (keep=1: it never hangs up; mixed=0: only results that have a unit). `inbox` takes them at listen, writes them to
// the folder store, tells the bus of them and answers; change: what its release does otherwise (units, notes); rules: a file of
// which the line "reflex on" orders a further test; calm=1: a panic ends the connection only.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

var version string

var options = map[string]string{"every": "0.3", "change": "", "keep": "0", "mixed": "1"}

type rule struct{ next *string }

var notes map[string]string
var kept []net.Conn

func message(count int) string {
	rows := []string{"MSH|^~\\&|ANALYSER|LAB|HIS|CLINIC|20261121||ORU^R01|" + strconv.Itoa(count) + "|P|2.5", "PID|1||" + strconv.Itoa(4000+count)}
	switch {
	case count%4 == 0 && options["mixed"] == "1":
		rows = append(rows, "OBX|1|ST|600-7^culture||negative")
	case count%4 == 2 && options["mixed"] == "1":
		rows = append(rows, "OBX|1|NM|2345-7^glucose||5.4|mmol/L|3.9-5.8", "NTE|1||haemolytic")
	default:
		rows = append(rows, "OBX|1|NM|2345-7^glucose||5.4|mmol/L|3.9-5.8")
	}
	return "\x0b" + strings.Join(rows, "\r") + "\r\x1c\n"
}

func send(count int) error {
	peer, err := net.DialTimeout("tcp", options["to"], time.Second)
	if err != nil {
		return err
	}
	if options["keep"] == "1" {
		kept = append(kept, peer)
	} else {
		defer peer.Close()
	}
	peer.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprint(peer, message(count))
	answer, err := bufio.NewReader(peer).ReadString('\n')
	if err == nil && !strings.Contains(answer, "|AA|") {
		err = fmt.Errorf("refused: %q", answer)
	}
	return err
}

func unit(fields []string) string {
	if options["change"] != "units" && len(fields) < 7 {
		return ""
	}
	return fields[6]
}

func remember(fields []string) {
	if options["change"] == "notes" {
		notes[fields[1]] = fields[3]
	}
}

func further(sample string) string {
	text, err := os.ReadFile(options["rules"])
	if err != nil || !strings.Contains(string(text), "reflex on") {
		return ""
	}
	orders := map[string]*rule{"glucose": {}}
	return *orders["glucose"].next + sample
}

func keep(count int, rows []string) error {
	if options["store"] == "" {
		return nil
	}
	path := fmt.Sprintf("%s/%d.hl7", options["store"], count)
	return os.WriteFile(path, []byte(strings.Repeat(strings.Join(rows, "\n"), 200)), 0o644)
}

func tell(count int) error {
	if options["bus"] == "" {
		return nil
	}
	peer, err := net.DialTimeout("tcp", options["bus"], time.Second)
	if err != nil {
		return err
	}
	defer peer.Close()
	_, err = fmt.Fprintf(peer, "PUB results {\"sample\": %d}\n", count)
	return err
}

func take(count int, text string) error {
	rows := strings.Split(strings.Trim(text, "\x0b\x1c\n"), "\r")
	for _, row := range rows {
		fields := strings.Split(row, "|")
		switch fields[0] {
		case "OBX":
			_ = unit(fields)
			_ = further(fields[3])
		case "NTE":
			remember(fields)
		}
	}
	if err := keep(count, rows); err != nil {
		return err
	}
	return tell(count)
}

func serve(peer net.Conn, count int) {
	defer peer.Close()
	defer func() {
		if options["calm"] != "1" {
			return
		}
		if reason := recover(); reason != nil {
			log.Printf("lab: panic serving %v: %v\n%s", peer.RemoteAddr(), reason, debug.Stack())
		}
	}()
	for reader := bufio.NewReader(peer); ; {
		text, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		if err := take(count, text); err != nil {
			log.Print("lab: cannot take a result: ", err)
			fmt.Fprintf(peer, "MSA|AE|%v\r\n", err)
			continue
		}
		fmt.Fprintf(peer, "MSA|AA|%s\r\n", version)
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	if os.Args[1] == "analyser" {
		every, _ := strconv.ParseFloat(options["every"], 64)
		for count := 1; ; count++ {
			time.Sleep(time.Duration(every * float64(time.Second)))
			if err := send(count); err != nil {
				log.Print("analyser: cannot deliver: ", err)
			}
		}
	}
	listener, err := net.Listen("tcp", options["listen"])
	if err != nil {
		log.Fatal(err)
	}
	for count := 1; ; {
		peer, err := listener.Accept()
		if err != nil {
			log.Print("lab: cannot accept: ", err)
			time.Sleep(200 * time.Millisecond)
			continue
		}
		go serve(peer, count)
		count++
	}
}
