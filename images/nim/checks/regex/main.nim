import std/[nre, options, re]

if "hello wörld" =~ re.re"(\w+) (\w+)":
  echo matches[0], "|", matches[1]
echo nre.find("abc 123", nre.re"\d+").get.match
