package main

import (
	"fmt"

	"example.com/nobody/has/this"
)

func main() {
	fmt.Println(this.New())
}
