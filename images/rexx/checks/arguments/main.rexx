parse arg words
say 'the words are' words
