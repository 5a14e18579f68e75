package x

import "testing"

func TestW(t *testing.T) { t.Fatal() }
