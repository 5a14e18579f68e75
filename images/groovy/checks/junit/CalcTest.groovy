import org.junit.jupiter.api.Test
class CalcTest {
  @Test void adds() { assert 1 + 1 == 2 }
  @Test void bad() { assert 1 + 1 == 3 }
}
