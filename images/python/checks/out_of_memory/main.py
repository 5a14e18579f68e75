x = [bytearray(2**20) for _ in range(2000)]
