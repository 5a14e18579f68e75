module main where

open import Agda.Builtin.IO using (IO)
open import Agda.Builtin.Unit using (⊤)
open import Agda.Builtin.String using (String)
{-# FOREIGN GHC import qualified Data.Text as Text #-}
{-# FOREIGN GHC import qualified Data.Text.IO as Text #-}
{-# FOREIGN GHC import System.Environment #-}

postulate told : IO ⊤
{-# COMPILE GHC told = getArgs >>= mapM_ (\ word -> Text.putStrLn (Text.pack ("[" ++ word ++ "]"))) #-}

main : IO ⊤
main = told
