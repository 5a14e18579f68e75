<?php
echo "Hello from PHP: 你好, 🌍\n";
