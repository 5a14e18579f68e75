val words = List("ok")
words.foreach(println)
