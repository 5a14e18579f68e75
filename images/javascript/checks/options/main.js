#!/usr/bin/env -S node --stack-trace-limit=3
console.log(Error.stackTraceLimit);
