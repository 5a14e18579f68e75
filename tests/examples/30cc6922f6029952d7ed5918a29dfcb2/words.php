<?php
$counts = array_count_values(explode(' ', 'the cat and the dog and the bird'));
arsort($counts);
foreach ($counts as $word => $count) {
    echo "$word: $count\n";
}
