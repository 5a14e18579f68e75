import std/[os, sequtils, strutils]
let args = commandLineParams()
echo $args.len & " arguments: " & args.mapIt("[" & it & "]").join(" ")
