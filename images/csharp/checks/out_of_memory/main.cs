using System;
using System.Collections.Generic;

class Program
{
    static void Main()
    {
        var kept = new List<string>();
        for (int i = 0; ; i++)
        {
            kept.Add("string number " + i);
        }
    }
}
