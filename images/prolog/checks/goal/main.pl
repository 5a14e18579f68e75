#!/usr/bin/env -S swipl -q -g go -t halt
go :- writeln(ok).
