{ Loaded before every program. Pascal holds back output to a pipe; a visitor waits for it. }
unit unbuffered;

interface

implementation

begin
  TextRec(Output).FlushFunc := TextRec(Output).InOutFunc;
end.
