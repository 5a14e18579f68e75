#!/usr/bin/env -S sbcl --script
(write-line (second *posix-argv*))
