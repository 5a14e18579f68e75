puts "$argc arguments: \[[join $argv {] [}]\]"
