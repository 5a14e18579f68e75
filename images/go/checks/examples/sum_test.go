package sum

import "fmt"

func ExampleSum() {
	fmt.Println(Sum(40, 2))
	// Output: 42
}
