import static org.junit.Assert.assertEquals
import org.junit.Test

class CalcTest {
    @Test
    void adds() { assertEquals 2, 1 + 1 }

    @Test
    void addsWrongly() { assertEquals 3, 1 + 1 }
}
