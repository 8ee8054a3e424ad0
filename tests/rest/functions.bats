# What make check-06.2 says when all is written. (What it says on the way, functions.bats shows.)

load ../support/helpers

@test "with all functions written, the chapter's tests run too, and it is done in a line" {
    . tests/learn/common.sh
    open_exercise 06.2
    mkdir "$tmp/parts"
    run env NO_COLOR=1 EDDY_PARTS="$tmp/parts" sh tests/learn/check.sh 06.2 "$source"
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} =~ ^"06.2  coroutines and their cancelling: done ("([0-9]+)" tests pass)"$ ]]
    [ "${BASH_REMATCH[1]}" -gt 300 ]
}
