Print("naïve 日本 🙂\n");
