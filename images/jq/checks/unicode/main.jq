"naïve 日本 " + $sign
