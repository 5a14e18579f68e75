import groovy.test.GroovyTestCase
class CalcTest extends GroovyTestCase {
  void testAdd() { assertEquals 2, 1 + 1 }
  void testBad() { assert 1 + 1 == 3 }
}
