#!/bin/sh
# given.sh NN.M - prints an exercise's file as a learner first gets it. It is made from the solution,
# so the two cannot drift apart:
#     drop-in   the library's file with the bodies of some functions taken out
#     build     the solution with the bodies of some functions taken out
#     bug       the solution with the bug put in (bug.edit)
#     predict   the solution with the answers taken out
. tests/learn/common.sh
need_exercise "$1"

case $kind in
drop-in)
    place="$source in the library" promises="stands in
 * lib/$room/$module.h"
    [ -f "lib/$room/$module.h" ] || {
        place="the library's own $module" promises="is told
 * in chapters/$room/$(about page)"
    }
    cat << TEXT
/*
 * Exercise $1, a drop-in: write the functions marked TODO, and your file takes the place of
 * $place. What each function promises $promises. All else is the library's own.
 *
 *     make check-$1     make hint-$1     make learn
 */
TEXT
    awk -v names="$blank" -v number="$1" -f tests/learn/blank.awk "$source"
    ;;
build) awk -v names="$blank" -v number="$1" -f tests/learn/blank.awk "$source" ;;
bug) awk -f tests/learn/edit.awk "$dir/bug.edit" "$source" ;;
predict) sed 's/^\([a-z]\. .*:\) *[^ ]*$/\1 ?/' "$source" ;;
*)
    echo "given.sh: $dir/about has no kind that I know: '$kind'" >&2
    exit 2
    ;;
esac
