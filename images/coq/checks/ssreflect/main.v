From Corelib Require Import ssreflect.

Lemma swap (A B : Prop) : A /\ B -> B /\ A.
Proof. by move=> [a b]; split. Qed.
Check swap.
