defmodule CalcTest do
  use ExUnit.Case
  doctest Calc

  test "adds", do: assert(Calc.add(2, 2) == 4)
end
