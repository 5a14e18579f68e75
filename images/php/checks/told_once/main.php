<?php
echo "one warning on standard error\n";
echo $undefined;
fwrite(STDERR, ini_get("log_errors") . ini_get("display_errors") . "\n");
