def test_well():
    assert 1 + 1 == 2


def test_wrong():
    assert 1 + 1 == 3
