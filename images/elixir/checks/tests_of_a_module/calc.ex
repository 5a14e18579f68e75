defmodule Calc do
  @doc """
      iex> Calc.add(1, 2)
      3
  """
  def add(a, b), do: Sums.add(a, b)
end
