Compute 6 * 7.
