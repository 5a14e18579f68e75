module Sum (total) where
import Data.List (foldl')

total :: [Int] -> Int
total = foldl' (+) 0
