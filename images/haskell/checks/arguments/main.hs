import System.Environment

main :: IO ()
main = do
  args <- getArgs
  putStrLn (show (length args) ++ " arguments: " ++ unwords ["[" ++ a ++ "]" | a <- args])
