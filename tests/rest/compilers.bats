# make test builds with one compiler, for which a warning is an error. Here the others build all there is.

load ../support/helpers

builds_silently() {
    command -v "$1" > /dev/null || skip "$1 is not installed"
    [ ! "$(command -v "$1")" -ef "$(command -v "${CC:-cc}")" ] || return 0 # it has
    run make -s --no-print-directory -j "$(getconf _NPROCESSORS_ONLN)" "BUILD=$BUILD/$1" "CC=$1" tests
    [ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$output"; return 1; }
}

@test "gcc builds everything without a warning" {
    builds_silently gcc
}

@test "clang builds everything without a warning" {
    builds_silently clang
}
