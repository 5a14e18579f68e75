#!/usr/bin/env bats

@test "adds" {
    run echo "$((1 + 1))"
    [ "$status" -eq 0 ]
    [ "$output" = 2 ]
}

@test "adds wrongly" {
    [ "$((1 + 1))" -eq 3 ]
}
