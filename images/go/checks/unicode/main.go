package main

import "fmt"

func main() {
	fmt.Println("naïve 日本 🙂")
}
