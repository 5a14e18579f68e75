print("before");
print(1 + );
