package main

import (
	"fmt"
	"syscall"
	"time"
)

func main() {
	fmt.Println("before")
	syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
	time.Sleep(5 * time.Second)
}
