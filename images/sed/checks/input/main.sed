s/ö/oe/
$!d
