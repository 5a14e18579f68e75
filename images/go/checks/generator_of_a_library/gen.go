//go:build ignore

package main

func main() { panic("the tests are to be run") }
