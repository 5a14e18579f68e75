#!/bin/sh -eu
echo before
echo $none
echo after
