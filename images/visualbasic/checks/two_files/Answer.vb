Module Answer
    Function Compute() As Integer
        Return 6 * 7
    End Function
End Module
