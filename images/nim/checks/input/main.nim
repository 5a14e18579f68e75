import std/[strutils, strformat]
let lines = stdin.readAll.strip.splitLines
echo fmt"{lines.len} lines, the last is {lines[^1]}"
