parse pull name
say 'hello' name
