import Data.Vector.Nonexistent

main :: IO ()
main = print 1
