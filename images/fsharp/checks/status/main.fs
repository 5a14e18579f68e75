[<EntryPoint>]
let main _ =
    printfn "before"
    3
