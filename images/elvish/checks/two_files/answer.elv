fn compute { * 6 7 | each $echo~ }
