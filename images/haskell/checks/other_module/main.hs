module Foo where

main :: IO ()
main = putStrLn "well"
