<?php
set_error_handler(fn($n, $text) => throw new Exception($text));
echo $argv[1];
