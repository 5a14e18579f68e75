package main

import "fmt"

func add(a, b int64) int64

func main() {
	fmt.Println(add(40, 2))
}
