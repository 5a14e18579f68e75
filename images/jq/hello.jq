"Hello from jq: 你好, 🌍"
