using System.Text;

var text = new StringBuilder(args[0]);
await Task.Delay(1);
text.Append($" {Answer()} ");
Func<int> status = () => { return 3; };
text.Append(new Word { Text = "done" });
Console.WriteLine(text);
return status();

int Answer() => new List<int> { 6, 7 }.Aggregate((one, other) => one * other);

class Word {
    public string Text { get; set; }
    public override string ToString() => Text;
}
