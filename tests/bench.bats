# The bench: not how fast anything is, but that every row is measured and everything is ended.

load support/helpers

@test "a short round of the bench measures every chapter's server, and leaves nothing running" {
    make -s --no-print-directory "BUILD=$BUILD" bench-build
    run sh tests/bench/bench.sh "$BUILD" --quick
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    for source in chapters/*/echo.c; do
        room=$(basename "$(dirname "$source")")
        grep -q "^$room.* ns" <<< "$output" || { echo "no row for $room:"; echo "$output"; return 1; }
    done
    [[ $output != *failed* ]]
}

@test "the load generator says how it is used" {
    make -s --no-print-directory "BUILD=$BUILD" bench-build
    run "$BUILD/bench/load"
    [ "$status" -eq 2 ]
    [[ $output == "load: usage: "*" PORT" ]]
}
