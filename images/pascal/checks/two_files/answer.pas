unit answer;
interface
const
  value = 42;
implementation
end.
