require "minitest/autorun"

class TestSum < Minitest::Test
  def test_well = assert_equal(2, 1 + 1)
  def test_wrong = assert_equal(3, 1 + 1)
end
