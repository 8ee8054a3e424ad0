#!/bin/sh
# neighbours.sh WHAT - make knows no WHAT: names the verbs that are written nearly so, with its number, or
# the programs, if it is a path. Status 1.
what=$1
case $what in
*/*)
    for source in chapters/*/*.c; do echo "${BUILD:-build}/${source%.c}"; done
    ;;
*) sh tests/support/help.sh tests/learn/learn.mk Makefile tests/install/install.mk tests/tests.mk tests/bench/bench.mk | awk '$1 == "make" && $2 ~ /^[a-z]/ { print $2 }' ;;
esac | awk -v what="$what" '
    # How many letters must be put in, left out, changed, or swapped with the next.
    function distance(a, b,    i, j, d, cost, best) {
        for (i = 0; i <= length(a); i++)
            d[i, 0] = i
        for (j = 0; j <= length(b); j++)
            d[0, j] = j
        for (i = 1; i <= length(a); i++)
            for (j = 1; j <= length(b); j++) {
                cost = substr(a, i, 1) != substr(b, j, 1)
                best = d[i - 1, j - 1] + cost
                if (d[i - 1, j] + 1 < best)
                    best = d[i - 1, j] + 1
                if (d[i, j - 1] + 1 < best)
                    best = d[i, j - 1] + 1
                if (i > 1 && j > 1 && substr(a, i, 1) == substr(b, j - 1, 1) && substr(a, i - 1, 1) == substr(b, j, 1) && d[i - 2, j - 2] + 1 < best)
                    best = d[i - 2, j - 2] + 1
                d[i, j] = best
            }
        return d[length(a), length(b)]
    }
    BEGIN {
        number = name = what
        is_path = what ~ /\//
        sub(/-?[0-9][0-9.]*$/, "", name)
        number = is_path ? "" : substr(what, length(name) + 1)
        sub(/^-/, "", number)
        if (is_path)
            name = what
    }
    {
        verb = $1
        wants = sub(/-NN(\.M)?$/, "", verb)
        d = distance(name, verb)
        if (d > (length(name) < 4 ? 1 : 2))
            next
        near[d] = near[d] (near[d] ? ", " : "") (wants && number ? verb "-" number : $1)
    }
    END {
        for (d = 0; d <= 2 && !near[d]; d++)
            ;
        printf "There is no %s %s. %s\n", is_path ? "program" : "verb", what, near[d] ? "Do you mean: " near[d] : is_path ? "make builds all that there are." : "make help lists all that there are."
    }'
exit 1
