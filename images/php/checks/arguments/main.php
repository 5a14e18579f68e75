<?php
echo $argc - 1, " arguments: ", implode(' ', array_map(fn($a) => "[$a]", array_slice($argv, 1))), "\n";
