#!/usr/bin/jq -rf
.a
