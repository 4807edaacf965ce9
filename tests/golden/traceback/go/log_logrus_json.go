package main

import (
	"errors"

	"github.com/sirupsen/logrus"
)

func main() {
	logrus.SetFormatter(&logrus.JSONFormatter{})
	logrus.SetReportCaller(true)
	logrus.Info("listening on :8080")
	logrus.Errorf("charge failed: %v", errors.New("dial tcp 127.0.0.1:5432: connect: connection refused"))
}
