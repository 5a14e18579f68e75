void main() { int x = ""; }
