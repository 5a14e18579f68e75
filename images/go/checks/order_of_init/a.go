package main

import "fmt"

func init() { fmt.Print("a ") }
