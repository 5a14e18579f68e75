var count = 0
var last = ""
while let line = readLine() {
    count += 1
    last = line
}
print("\(count) lines, the last is \(last)")
