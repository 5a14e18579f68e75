def main [...arguments: string] {
    print $"($arguments | length) arguments: ($arguments | each {|word| $'[($word)]' } | str join ' ')"
}
