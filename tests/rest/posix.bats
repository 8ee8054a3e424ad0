# The build for POSIX alone, chapter by chapter. (Chapter 2's own test of it is part of make test.) All
# chapters share one folder, and what they build there.

load ../support/helpers

# passes ROOM: the chapter's tests on poll() and select(), and no word of epoll.
passes() {
    local posix=$BUILD/posix targets=() source program
    for source in tests/"$1"/*.c tests/"$1"/sweep/*.c; do
        [ ! -f "$source" ] || targets+=("$posix/${source%.c}")
    done
    run make -s --no-print-directory "BUILD=$posix" POSIX_ONLY=1 OPT=-O0 "${targets[@]}"
    [ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$output"; return 1; }
    for program in "${targets[@]}"; do
        run "$program"
        [ "$status" -eq 0 ] || { grep -A 6 '^not ok' <<< "$output"; return 1; }
        [[ $output != *epoll* ]]
    done
}

@test "chapter 03: the build for POSIX alone passes this chapter's tests" {
    passes 03-callbacks
}

@test "chapter 04: the build for POSIX alone passes this chapter's tests" {
    passes 04-futures
}

@test "chapter 05: the build for POSIX alone passes this chapter's tests" {
    passes 05-generators
}

@test "chapter 06: the build for POSIX alone passes this chapter's tests" {
    passes 06-tasks
}
