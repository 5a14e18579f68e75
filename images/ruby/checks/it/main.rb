p [1, 2].map { it + 1 }
puts({ name: "it" })
