package main

import (
	"errors"

	"k8s.io/klog/v2"
)

func main() {
	err := errors.New("pq: column \"email\" does not exist")
	klog.Info("listening")
	klog.ErrorS(err, "Charge failed", "order", 41)
	klog.Errorf("charge failed: %v", err)
	klog.Info("still here")
	klog.Flush()
}
