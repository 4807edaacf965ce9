package main

import (
	"errors"
	"os"

	"go.uber.org/zap"
)

func charge(log *zap.Logger, id int) {
	log.Error("charge failed", zap.Int("order", id), zap.Error(errors.New("pq: column \"email\" does not exist")))
}

func main() {
	log, _ := zap.NewProduction()
	if len(os.Args) > 1 {
		log, _ = zap.NewDevelopment()
	}
	log.Info("listening")
	charge(log, 41)
	log.Info("still here")
}
