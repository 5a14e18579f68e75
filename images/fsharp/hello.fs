printfn "Hello from F#: 你好, 🌍"
