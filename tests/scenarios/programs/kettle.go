// SPDX-License-Identifier: Apache-2.0

// Kettles of a brewery: kettle ROLE [KEY=VALUE...]. `panel` takes readings, lines "SENSOR HH:MM DEGREES" over TCP at listen, keeps
// the mean of each hour, and what it was told last in a file of each sensor (folder, of kb each); settings, read at the start, has
// lines "KETTLE DEGREES", above which it is told to cool; change: what its release does otherwise (trace: opens a file of each
// sensor anew, and leaves it open). `sensors` tell to (host:port) the lines "SENSOR HH:MM DEGREES" of the file readings, in turn,
// every so many seconds, again so often, and tell what was not taken; hasty=N: each Nth goes before the answer.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

var version = "dev"

var options = map[string]string{"listen": "127.0.0.1:0", "change": "", "retries": "0", "every": "0.3", "hasty": "0", "kb": "4"}

type hour struct {
	sum   float64
	count int
}

var hours [24]hour
var limits = map[string]float64{}
var traces []*os.File
var lock sync.Mutex

func number(key string) int {
	n, _ := strconv.Atoi(options[key])
	return n
}

func readSettings(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		kettle, degrees, _ := strings.Cut(line, " ")
		limit, err := strconv.ParseFloat(degrees, 64)
		if err != nil {
			log.Fatalf("%s: limit of %s: %v", path, kettle, err)
		}
		limits[kettle] = limit
	}
}

func keep(sensor string, degrees float64) error {
	path := filepath.Join(options["folder"], sensor)
	if options["change"] == "trace" {
		trace, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0644)
		if err != nil {
			return err
		}
		traces = append(traces, trace)
		_, err = fmt.Fprintln(trace, degrees)
		return err
	}
	return os.WriteFile(path, bytes.Repeat([]byte{'.'}, number("kb")<<10), 0644)
}

func average(at int, degrees float64) float64 {
	hours[at].sum += degrees
	hours[at].count++
	return hours[at].sum / float64(hours[at].count)
}

func take(line string) (string, error) {
	lock.Lock()
	defer lock.Unlock()
	words := strings.Fields(line)
	at, _ := strconv.Atoi(strings.Split(words[1], ":")[0])
	degrees, err := strconv.ParseFloat(words[2], 64)
	if err == nil && options["folder"] != "" {
		err = keep(words[0], degrees)
	}
	if err != nil {
		return "", err
	}
	if limit, known := limits[words[0]]; known && degrees > limit {
		return "cool", nil
	}
	return fmt.Sprintf("mean %.1f", average(at, degrees)), nil
}

func attend(sensor net.Conn) {
	defer sensor.Close()
	line, err := bufio.NewReader(sensor).ReadString('\n')
	if err != nil {
		return
	}
	answer, err := take(line)
	if err != nil {
		log.Print(err)
		answer = "lost"
	}
	fmt.Fprintln(sensor, answer)
}

func serve() {
	server, err := net.Listen("tcp", options["listen"])
	if err != nil {
		log.Fatal(err)
	}
	for {
		sensor, err := server.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go attend(sensor)
	}
}

func tell(line string, leave bool) error {
	panel, err := net.DialTimeout("tcp", options["to"], 1500*time.Millisecond)
	if err != nil {
		return err
	}
	defer panel.Close()
	panel.SetDeadline(time.Now().Add(3 * time.Second))
	fmt.Fprintln(panel, line)
	if leave {
		return nil
	}
	answer, err := bufio.NewReader(panel).ReadString('\n')
	if err == nil && answer == "lost\n" {
		err = fmt.Errorf("it is lost")
	}
	return err
}

func tellAll() {
	every, _ := strconv.ParseFloat(options["every"], 64)
	for count := 1; ; count++ {
		time.Sleep(time.Duration(every * float64(time.Second)))
		text, _ := os.ReadFile(options["readings"])
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		line := lines[count%len(lines)]
		leave := number("hasty") > 0 && count%number("hasty") == 0
		err := tell(line, leave)
		for tries := number("retries"); err != nil && tries > 0; tries-- {
			time.Sleep(400 * time.Millisecond)
			err = tell(line, leave)
		}
		if err != nil {
			log.Printf("sensors: %s: %v", line, err)
		}
	}
}

func main() {
	for _, word := range os.Args[2:] {
		key, value, _ := strings.Cut(word, "=")
		options[key] = value
	}
	log.Printf("kettle %s of version %s", os.Args[1], version)
	if os.Args[1] == "sensors" {
		tellAll()
	}
	if options["settings"] != "" {
		readSettings(options["settings"])
	}
	serve()
}
