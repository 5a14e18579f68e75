#!/bin/bash -e
echo before
false
echo after
