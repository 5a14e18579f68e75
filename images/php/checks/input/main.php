<?php
$lines = explode("\n", trim(stream_get_contents(STDIN)));
echo count($lines), " lines, the last is ", end($lines), "\n";
