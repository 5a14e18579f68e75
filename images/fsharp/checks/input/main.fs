open System

let lines = Seq.initInfinite (fun _ -> Console.ReadLine()) |> Seq.takeWhile (isNull >> not) |> Seq.toList
printfn "%d lines, the last is %s" lines.Length (List.last lines)
