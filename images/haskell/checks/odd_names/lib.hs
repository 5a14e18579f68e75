module Geometry.Area where
area :: Double -> Double
area r = r * r
