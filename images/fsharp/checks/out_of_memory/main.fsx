let kept = System.Collections.Generic.List<string>()
for i in 0 .. System.Int32.MaxValue do
    kept.Add("string number " + string i)
