import helper
echo helped()
