"""What an operator or a developer does by hand: run a program, build or check images, examine the machine."""
