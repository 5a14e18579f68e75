def double(n):
    """
    >>> double(2)
    4
    >>> double(3)
    7
    """
    return 2 * n


if __name__ == "__main__":
    print("ran")
