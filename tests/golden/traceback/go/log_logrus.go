package main

import (
	"errors"
	"fmt"

	"github.com/sirupsen/logrus"
)

var errGone = errors.New("pq: column \"email\" does not exist")

func order(id int) error { return fmt.Errorf("order %d: %w", id, errGone) }

func main() {
	logrus.Info("listening on :8080")
	logrus.WithError(order(41)).Warn("trying again")
	logrus.WithField("order", 41).WithError(order(41)).Error("charge failed")
	logrus.Info("still here")
}
