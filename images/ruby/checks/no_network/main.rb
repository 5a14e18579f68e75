require "net/http"
puts Net::HTTP.get(URI("http://example.com"))
