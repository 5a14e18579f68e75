package main

func helper() string { return "helped" }
