package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Printf("%d arguments:", len(os.Args)-1)
	for _, arg := range os.Args[1:] {
		fmt.Printf(" [%s]", arg)
	}
	fmt.Println()
}
