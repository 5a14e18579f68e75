module Sum where

open import Data.Nat using (ℕ; _+_)
open import Relation.Binary.PropositionalEquality using (_≡_; refl)

sum : 40 + 2 ≡ 42
sum = refl
