#!/usr/bin/env -S ruby -w
p $VERBOSE
