print(vecsum(input()));
