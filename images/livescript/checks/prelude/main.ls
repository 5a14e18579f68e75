{fold, map} = require 'prelude-ls'
[2, 3, 7] |> fold (*), 1 |> console.log
