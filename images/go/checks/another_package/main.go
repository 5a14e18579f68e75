package main

import (
	"fmt"
	"sort"
)

func main() {
	numbers := []int{3, 42}
	sort.Ints(numbers)
	fmt.Println(numbers[1], helper())
}
