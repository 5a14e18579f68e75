let answer () = List.fold (*) 1 [ 6; 7 ]
