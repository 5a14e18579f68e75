#!/usr/bin/env bash
# How often does each word occur? Read, count and draw with the shell alone.
set -euo pipefail

declare -A count

while read -r -a words; do
  for word in "${words[@]}"; do
    word=${word//[^[:alpha:]]/}
    word=${word,,}
    [[ -n $word ]] && count[$word]=$((${count[$word]:-0} + 1))
  done
done <<'POEM'
Peter Piper picked a peck of pickled peppers.
A peck of pickled peppers Peter Piper picked.
If Peter Piper picked a peck of pickled peppers,
where's the peck of pickled peppers Peter Piper picked?
POEM

for word in "${!count[@]}"; do
  printf '%d %s\n' "${count[$word]}" "$word"
done | sort -k1,1nr -k2 | while read -r n word; do
  printf -v bar '%*s' "$n" ''
  printf '%10s %s %d\n' "$word" "${bar// /▇}" "$n"
done
