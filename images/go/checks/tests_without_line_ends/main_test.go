package main

import (
	"fmt"
	"testing"
)

func TestA(t *testing.T) {
	fmt.Print("working...")
}

func TestB(t *testing.T) {
	fmt.Print("wrong ")
	t.Fail()
}
