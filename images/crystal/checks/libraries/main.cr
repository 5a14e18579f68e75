require "big"
require "compress/gzip"
require "digest/sha256"
require "http/client"
require "xml"
require "yaml"

packed = IO::Memory.new
Compress::Gzip::Writer.open(packed, &.print("packed"))
packed.rewind
puts Compress::Gzip::Reader.open(packed, &.gets_to_end)
puts XML.parse("<a><b>wörds</b></a>").xpath_node("//b").not_nil!.content
puts BigInt.new(2) ** 100, YAML.parse("a: 1")["a"], Digest::SHA256.hexdigest("a")[0, 8]
puts HTTP::Client.new("localhost", tls: true).tls?.class
