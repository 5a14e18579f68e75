#!/usr/bin/php -d memory_limit=77M --
<?php
echo ini_get("memory_limit"), " $argv[1]\n";
