package main

import "fmt"

func init() { fmt.Print("main") }

func main() { fmt.Println() }
