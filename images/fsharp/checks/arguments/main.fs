[<EntryPoint>]
let main arguments =
    let shown = arguments |> Array.map (sprintf "[%s]") |> String.concat " "
    printfn "%d arguments: %s" arguments.Length shown
    0
