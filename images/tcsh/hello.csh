echo "Hello from Tcsh: 你好, 🌍"
