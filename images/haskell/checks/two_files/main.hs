import Answer

main :: IO ()
main = print answer
