Compute 1 + 1.
Definition x : nat := true.
Compute 2 + 2.
