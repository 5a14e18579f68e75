for each row do something
