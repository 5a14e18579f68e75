#!/usr/bin/env -S nim r -d:word --hints:off
when defined(word): echo "ok"
