-- The modules that come with Agda and that programs use; their compiled code is kept in the image.
module Modules where

open import Agda.Builtin.IO
open import Agda.Builtin.Unit
open import Agda.Builtin.String
open import Agda.Builtin.Float
open import Agda.Builtin.Int
open import Agda.Builtin.Equality
open import Agda.Builtin.Strict

postulate return : IO ⊤
{-# COMPILE GHC return = return () #-}

main : IO ⊤
main = return
