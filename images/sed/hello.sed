#n
1i\
Hello from sed: 你好, 🌍
