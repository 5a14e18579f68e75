import System.Posix.Signals

main :: IO ()
main = putStrLn "before" >> raiseSignal sigTERM >> putStrLn "after"
