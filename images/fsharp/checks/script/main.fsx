#load "answer.fsx"

printfn "%s %d" fsi.CommandLineArgs.[1] (Answer.answer ())
exit 3
