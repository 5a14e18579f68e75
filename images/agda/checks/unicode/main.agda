module main where

open import Agda.Builtin.IO using (IO)
open import Agda.Builtin.Unit using (⊤)
open import Agda.Builtin.String using (String)
{-# FOREIGN GHC import qualified Data.Text as Text #-}
{-# FOREIGN GHC import qualified Data.Text.IO as Text #-}

postulate putStrLn : String → IO ⊤
{-# COMPILE GHC putStrLn = Text.putStrLn #-}

λ→日本 : String
λ→日本 = "naïve 日本 🙂"

main : IO ⊤
main = putStrLn λ→日本
