@include "answer"
BEGIN { print answer() }
