all:
	@echo "Hello from Make: 你好, 🌍"
