#!/usr/bin/env rdmd
import std.stdio;
import answer;

void main() { writeln(compute()); }
