#!/bin/sh
# mine.sh - `make mine`: the whole library with every module that the learner finished in the place
# of the library's own, and every test and demo of every chapter run on it. The linker proves that
# it is the learner's object: it is told to find a symbol that no other file defines.
. tests/support/environment.sh
. tests/learn/common.sh
build=${BUILD:-build}/mine
files='' names=''
for number in $(exercises); do
    open_exercise "$number"
    [ "$kind" = drop-in ] || continue
    if is_done "$number"; then
        open_exercise "$number"
        files="$files $mine"
        names="$names $module"
        printf '%s  %-16s yours, from %s\n' "$number" "$module" "$mine"
    else
        printf '%s  %-16s the library'\''s own; yours is not done (make check-%s)\n' "$number" "$module" "$number"
    fi
done
if [ -z "$files" ]; then
    echo "No module of yours is finished yet, so there is nothing of yours to build. Type:  make learn"
    exit 0
fi
$MAKE -s --no-print-directory BUILD="$build" MINE="$files" WERROR= tests || {
    echo "The library does not build with your modules; what stands above says where."
    exit 1
}
for name in $names; do
    for library in "$build"/stage-*/libeddy.a; do
        path=$(strings -a "$library" 2> /dev/null | grep "^exercises/.*-$name.c\$" | head -n 1)
        [ -z "$path" ] || echo "in $library: $name is $path"
    done
done
$MAKE -s --no-print-directory BUILD="$build" MINE="$files" WERROR= test-programs || {
    echo "Some tests fail with your modules in the library; what stands above says which."
    exit 1
}
echo "All tests and demos run on your modules:$names"
