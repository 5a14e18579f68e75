<?php
echo "naïve 日本 🙂\n";
if (mb_strlen('日本') !== 2) exit(1);
