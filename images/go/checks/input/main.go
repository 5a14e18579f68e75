package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	count, last := 0, ""
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		count++
		last = in.Text()
	}
	fmt.Printf("%d lines, the last is %s\n", count, last)
}
