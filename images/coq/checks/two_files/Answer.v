Definition answer := 6 * 7.
