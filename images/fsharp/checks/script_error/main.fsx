printfn "before"
let add x = x + "text" + 1
