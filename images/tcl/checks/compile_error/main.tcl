proc f {
