init { printf("Hello from Promela: 你好, 🌍\n") }
