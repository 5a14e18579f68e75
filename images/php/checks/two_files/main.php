<?php
require 'answer.php';
echo ANSWER, "\n";
