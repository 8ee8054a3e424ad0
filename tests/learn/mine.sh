#!/bin/sh
# mine.sh - `make mine`: the library with every module that the learner finished in the place of the
# library's own, and the tests and demos run on it: those of the first such module's chapter and of all
# later ones, since no stage before it holds code of the learner's. The linker proves that it is the
# learner's object: it is told to find a symbol that no other file defines.
. tests/support/environment.sh
. tests/learn/common.sh
build=${BUILD:-build}
files='' names='' rooms='' first='' lenient=''
for number in $(exercises); do
    open_exercise "$number"
    [ "$kind" = drop-in ] || continue
    if is_done "$number"; then
        open_exercise "$number"
        files="$files $mine" names="$names $module" first=${first:-$room}
        printf '%s  %-16s yours, from %s\n' "$number" "$module" "$mine"
    else
        printf '%s  %-16s the library'\''s own; yours is not done (make check-%s)\n' "$number" "$module" "$number"
    fi
done
if [ -z "$files" ]; then
    echo "No module of yours is finished yet, so there is nothing of yours to build. Type:  make learn"
    exit 0
fi
for dir in chapters/[0-9][0-9]-*; do
    room=${dir##*/}
    [ "$room" = "$first" ] && rooms=$room || rooms=${rooms:+$rooms $room}
done
echo "Chapters from ${first%%-*} on are built and tested; earlier ones hold no module of yours."

# A step says what it does, and with a dot each second that it still does it. What it is told by others
# is kept in a file.
step() { # what, command...
    printf '%s ' "$1" && shift
    while sleep 1 > /dev/null 2>&1 && kill -0 $$ 2> /dev/null; do printf .; done &
    dots=$!
    "$@" > "$build/mine.said" 2>&1
    status=$?
    { kill -9 $dots && wait $dots; } 2> /dev/null
    echo
    return $status
}

# The demos and tests of these chapters. BUILD=..., MINE=... as they are given.
build_tests() { $MAKE -s --no-print-directory CHAPTERS="$rooms" $lenient "$@" tests; }

# Nearly all of the library's own build serves here, too, and is copied; only what holds the learner's
# modules is made anew. (A compiler that warns of the library is no reason to stop here.)
mkdir -p "$build"
step "The library's own build comes first; all of it takes about a minute, once." build_tests BUILD="$build" || lenient=WERROR=
[ -z "$lenient" ] || step "It is built again, without its warnings." build_tests BUILD="$build" || {
    cat "$build/mine.said"
    echo "The library itself does not build; what stands above says where."
    exit 1
}

# How long each test took: when it last ran here, or with the library's own modules.
tab=$(printf '\t')
{ cat "$build/mine/times"; sed "s|\([$tab ]\)$build/|\1$build/mine/|g" "$build/times"; } > "$build/mine.times" 2> /dev/null
rm -rf "$build/mine" && mkdir -p "$build/mine"
for part in flags lib chapters tests stage-01; do
    cp -Rp "$build/$part" "$build/mine/" || exit 1
done
mv "$build/mine.times" "$build/mine/times"
# Old, and not gone: make does not miss an intermediate file, and would link the archives as they are.
for file in $files; do
    room=${file#exercises/} room=${room%%/*} module=${file##*-}
    touch -t 197101010000 "$build/mine/lib/$room/${module%.c}".*o
done
step "Now with your modules; that takes about 20 s." build_tests BUILD="$build/mine" MINE="$files"
built=$?
# A warning may be worth a look, but fails nothing here.
[ $built -ne 0 ] || grep '^exercises/.*warning: ' "$build/mine.said" | sort -u | sed 's/^/  your compiler  /'
[ $built -eq 0 ] || {
    cat "$build/mine.said"
    echo "The library does not build with your modules; what stands above says where."
    exit 1
}
build=$build/mine
for name in $names; do
    for library in "$build"/stage-*/libeddy.a; do
        path=$(strings -a "$library" 2> /dev/null | grep "^exercises/.*-$name.c\$" | head -n 1)
        [ -z "$path" ] || echo "in $library: $name is $path"
    done
done
# shellcheck disable=SC2086
sh tests/support/run.sh "$build" mine $rooms || {
    echo "Some tests fail with your modules in the library; what stands above says which."
    exit 1
}
echo "All tests and demos run on your modules:$names"
