package main

import "example.org/gist/other"

func main() { other.F() }
