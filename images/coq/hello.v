From Stdlib Require Import String.
Open Scope string_scope.

Definition hello := "Hello from Coq: 你好, 🌍".
Compute hello.
