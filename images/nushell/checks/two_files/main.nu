use answer.nu
print (answer compute)
