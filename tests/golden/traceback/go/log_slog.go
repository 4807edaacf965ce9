package main

import (
	"errors"
	"os"

	"golang.org/x/exp/slog"
)

func main() {
	switch os.Args[len(os.Args)-1] {
	case "text":
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr)))
	case "json":
		slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr)))
	case "source":
		slog.SetDefault(slog.New(slog.HandlerOptions{AddSource: true}.NewJSONHandler(os.Stderr)))
	}
	slog.Info("listening", "address", ":8080")
	slog.Error("charge failed", errors.New("pq: column \"email\" does not exist"), "order", 41)
	slog.Info("still here")
}
