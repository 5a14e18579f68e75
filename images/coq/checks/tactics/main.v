From Stdlib Require Import List Lia Arith ZArith.
Import ListNotations.

Theorem plus_zero : forall n : nat, n + 0 = n.
Proof. induction n as [| n IH]; simpl; [reflexivity | now rewrite IH]. Qed.

Goal forall x y : Z, (x > y -> x + 1 > y)%Z.
Proof. lia. Qed.

Goal forall a b : Z, ((a + b) * (a + b) = a * a + 2 * a * b + b * b)%Z.
Proof. intros. ring. Qed.

Compute map (fun x => x * 2) [1; 2; 3].
Print Assumptions plus_zero.
Check plus_zero.
