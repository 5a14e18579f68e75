s/a/b
