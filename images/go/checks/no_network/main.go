package main

import (
	"log"
	"net/http"
)

func main() {
	_, err := http.Get("https://example.com")
	log.Fatal(err)
}
