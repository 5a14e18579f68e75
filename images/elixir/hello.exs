IO.puts("Hello from Elixir: 你好, 🌍")
