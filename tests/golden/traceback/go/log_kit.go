package main

import (
	"errors"
	"os"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

func main() {
	logger := log.With(log.NewLogfmtLogger(os.Stderr), "ts", log.DefaultTimestampUTC, "caller", log.DefaultCaller)
	level.Info(logger).Log("msg", "listening")
	level.Error(logger).Log("msg", "charge failed", "err", errors.New("pq: column \"email\" does not exist"))
	level.Info(logger).Log("msg", "still here")
}
