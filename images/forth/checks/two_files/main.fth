s" answer.fth" included
answer . cr
