Require Import Answer.
Compute answer.
