main :: IO ()
main = do
  text <- getContents
  let found = lines text
  putStrLn (show (length found) ++ " lines, the last is " ++ last found)
