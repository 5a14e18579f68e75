package main

import "testing"

func TestSum(t *testing.T) {}
