main :: IO ()
main = putStrLn "Hello from Haskell: 你好, 🌍"
