active proctype one() { printf("naïve 日本 🙂\n") }
