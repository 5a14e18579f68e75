void main() { int number = "text"; print(number); }
