import numpy.linalg

print(numpy)
