From Stdlib Require Import String Utf8.
Open Scope string_scope.
Definition größe := "naïve 日本 🙂".
Compute größe.
Check ∀ n : nat, n ≤ n.
