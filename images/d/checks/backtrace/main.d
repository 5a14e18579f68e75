import std.stdio;

int at(int[] numbers, size_t place)
{
    return numbers[place];
}

void main()
{
    writeln(at([1], 10));
}
