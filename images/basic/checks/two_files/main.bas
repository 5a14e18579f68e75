import answer
print value()
