#!/bin/sh
cd /
exit 1
