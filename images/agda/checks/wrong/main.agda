module Sum where

open import Agda.Builtin.Nat
open import Agda.Builtin.Equality

sum : 40 + 2 ≡ 43
sum = refl
