module Main

[<EntryPoint>]
let main _ =
    printfn "%d" (Answer.answer ())
    0
