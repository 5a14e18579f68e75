var wörter = [naïve "\u65e5\u672c" 🙂]
echo $@wörter
