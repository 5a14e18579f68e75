// A sieve of goroutines: each prime found adds one more filter to the pipeline.
package main

import "fmt"

func generate(out chan<- int) {
	for number := 2; ; number++ {
		out <- number
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for {
		if number := <-in; number%prime != 0 {
			out <- number
		}
	}
}

func main() {
	numbers := make(chan int)
	go generate(numbers)
	for row := 0; row < 5; row++ {
		for column := 0; column < 10; column++ {
			prime := <-numbers
			fmt.Printf("%4d", prime)
			rest := make(chan int)
			go filter(numbers, rest, prime)
			numbers = rest
		}
		fmt.Println()
	}
	fmt.Println("50 primes through 50 goroutines")
}
