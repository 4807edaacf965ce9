// SPDX-License-Identifier: Apache-2.0
// cluster WAY: nodes and what they agree on; a defect for each way. "spread" is a second way to the defect of "elected".
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

type node struct {
	id    int
	peers map[string]*node
	log   []entry
	votes [3]int
	next  *node
}

type entry struct {
	term int
	data []byte
}

type storage interface {
	append(e entry) error
}

type memory struct {
	rows []entry
	last *entry
}

type disk struct {
	file  *os.File
	index [4]int
}

var errQuorum = errors.New("no quorum")

func (m *memory) append(e entry) error {
	m.rows = append(m.rows, e)
	m.last.term = e.term
	return nil
}

func (d *disk) append(e entry) error {
	d.index[e.term%4+4]++
	return nil
}

// Two storages, each wrong in its own way, behind one interface.
func replicate(s storage, n *node) int {
	for at := 0; at < 2; at++ {
		if err := s.append(entry{term: n.id + at}); err != nil {
			return at
		}
	}
	return n.id
}

func kept(n *node) int { return replicate(&memory{}, n) }

func stored(n *node) int { return replicate(&disk{}, n) + 1 }

// The votes are counted wrongly, whoever asks.
func majority(n *node, voters []int) int {
	sum := 0
	for at := range voters {
		sum += n.votes[(voters[at]+at)%4+n.peers["none"].id]
	}
	return sum
}

func elected(n *node) int { return majority(n, []int{1, 2, 3, n.id}) }

func spread(n *node) int {
	best := 0
	gossip(n, n.id%6, func(far *node) { best += majority(far, make([]int, 3)) })
	return best
}

func gossip(n *node, hops int, tell func(*node)) {
	if hops == 0 {
		tell(n)
		return
	}
	gossip(n, hops-1, tell)
}

// Errors that are wrapped on their way, and then end in one panic.
func propose(n *node) error {
	if len(n.peers) < 3 {
		return fmt.Errorf("propose entry %d: %w", n.id, errQuorum)
	}
	return nil
}

func snapshot(n *node) error {
	_, err := os.ReadFile(fmt.Sprintf("/tmp/cluster-%d/snapshot", n.id))
	return fmt.Errorf("snapshot of node %d: %w", n.id, err)
}

func proposed(n *node) int {
	if err := propose(n); err != nil {
		panic(fmt.Errorf("node %d: %w", n.id, err))
	}
	return 1
}

func restored(n *node) int {
	if err := snapshot(n); err != nil {
		log.Panicf("node %d cannot start: %v", n.id, err)
	}
	return 2
}

// What is caught is thrown again, with more words.
func guarded(what string, run func()) {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprintf("%s %d: %v", what, os.Getpid(), r))
		}
	}()
	run()
}

func joined(n *node) int {
	guarded("join", func() { n.next.peers["a"] = n })
	return 3
}

func decoded(n *node) int {
	guarded("decode", func() {
		var rows []map[string]any
		if err := json.NewDecoder(bytes.NewBufferString(`[{"term": 4}]`)).Decode(&rows); err != nil {
			panic(err)
		}
		n.id = rows[0]["term"].(int)
	})
	return n.id
}

// One of several workers, which are alike.
func beating(n *node) int {
	var wait sync.WaitGroup
	for worker := 0; worker < 3; worker++ {
		wait.Add(1)
		go func(w int) {
			beat(n, w, n.id%3)
			wait.Done()
		}(worker)
	}
	wait.Wait()
	return n.id
}

func beat(n *node, worker, bad int) {
	if worker == bad {
		n.log[worker].term++
	}
}

func timed(n *node) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	time.AfterFunc(2*time.Millisecond, func() { n.next.votes[0]++ })
	<-ctx.Done()
	time.Sleep(time.Second)
	return 4
}

func unlocked(n *node) int {
	var lock sync.Mutex
	lock.Lock()
	lock.Unlock()
	if n.id > 0 {
		lock.Unlock()
	}
	return 5
}

func stuck(n *node) int {
	answers := make(chan int)
	answers <- n.id
	return <-answers
}

// A generic one that is wrong for any type is one defect; it has two here, one of each caller's function.
func reduce[T any](rows []T, by func(T, T) T) T {
	sum := rows[0]
	for _, row := range rows[1:] {
		sum = by(sum, row)
	}
	return sum
}

func latest(n *node) int {
	return reduce([]*node{n, nil}, func(a, b *node) *node {
		if a.id > b.id {
			return a
		}
		return b
	}).id
}

func ratio(n *node) int {
	return reduce([]int{n.id, 0, 3}, func(a, b int) int { return a / b })
}

func endless(n *node, term int) int {
	if term < 0 {
		return n.id
	}
	return endless(n, term+1) + 1
}

func cycled(n *node) int {
	debug.SetMaxStack(8 << 20)
	return endless(n, n.id)
}

func refused(n *node) int {
	log.Fatalf("cluster: node %d: peer 10.0.%d.%d: %v", n.id, n.id%256, n.id%99, io.ErrUnexpectedEOF)
	return 6
}

var ways = map[string]func(*node) int{
	"kept": kept, "stored": stored, "elected": elected, "spread": spread, "proposed": proposed, "restored": restored, "joined": joined,
	"decoded": decoded, "beating": beating, "timed": timed, "unlocked": unlocked, "stuck": stuck, "latest": latest, "ratio": ratio,
	"cycled": cycled, "refused": refused,
}

func main() { os.Exit(ways[os.Args[1]](&node{id: os.Getpid()}) & 127) }
