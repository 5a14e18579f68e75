#!/bin/bash
set -eu
echo "Hello from Bash: 你好, 🌍"
