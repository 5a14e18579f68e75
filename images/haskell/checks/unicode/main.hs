main :: IO ()
main = putStrLn "naïve 日本 🙂"
