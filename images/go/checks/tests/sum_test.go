package sum

import "testing"

func TestSum(t *testing.T) {
	if 1+1 != 2 {
		t.Fail()
	}
}

func TestWrong(t *testing.T) {
	t.Error("wrong")
}
