ExUnit.start()

defmodule Sums do
  use ExUnit.Case
  test "passes", do: assert(1 + 1 == 2)
  test "fails", do: assert(1 + 1 == 3)
end
