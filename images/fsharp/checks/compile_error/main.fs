let number: int = "text"
printfn "%d" number
