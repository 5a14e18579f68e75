let wörter = [ "naïve"; System.String [| '\u65e5'; '\u672c' |]; "🙂" ]
printfn "%s" (String.concat " " wörter)
