Require Import Arith.
From Coq Require Import List.
Require Extraction.

Fixpoint double (n : nat) := match n with O => O | S m => S (S (double m)) end.
Extraction Language Haskell.
Extraction double.
Eval compute in double 21.
