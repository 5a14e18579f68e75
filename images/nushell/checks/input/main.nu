def main [] {
    let lines = $in | lines
    print $"($lines | length) lines, the last is ($lines | last)"
}
