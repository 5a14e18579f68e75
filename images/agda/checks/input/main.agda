module main where

open import Agda.Builtin.IO using (IO)
open import Agda.Builtin.Unit using (⊤)
open import Agda.Builtin.String using (String)
{-# FOREIGN GHC import qualified Data.Text as Text #-}
{-# FOREIGN GHC import qualified Data.Text.IO as Text #-}

postulate upper : IO ⊤
{-# COMPILE GHC upper = Text.getContents >>= Text.putStr . Text.unlines . map (Text.append (Text.pack "> ")) . Text.lines #-}

main : IO ⊤
main = upper
