module main where

open import Agda.Builtin.IO using (IO)
open import Agda.Builtin.Unit using (⊤)
open import Agda.Builtin.String using (String)
{-# FOREIGN GHC import qualified Data.Text as Text #-}
{-# FOREIGN GHC import qualified Data.Text.IO as Text #-}
{-# FOREIGN GHC import System.Process #-}

postulate stop : IO ⊤
{-# COMPILE GHC stop = Text.putStrLn (Text.pack "before") >> callCommand "kill -TERM $PPID; sleep 9" #-}

main : IO ⊤
main = stop
