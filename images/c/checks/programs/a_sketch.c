for each thing in the list
    do something with it
