#!/usr/bin/env -S -C /usr bash -u
echo "$PWD $0"
