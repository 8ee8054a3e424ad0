#!/bin/sh
# help.sh MAKEFILE... - lists the verbs: each target that has a "##" comment, under the "## Group" above
# it (a group may go on in another file); and the variables, which have a line "# NAME= ## text".
awk '
    BEGIN { print "eddy: an asyncio in C, taught step by step. What you can type:" }
    /^## / && $0 != group { group = $0; printf "\n%s\n", substr($0, 4) }
    /^# [A-Z_]+= +## / { name = $2; sub(/.*## */, ""); variables = variables sprintf("  %-19s %s\n", name, $0); next }
    /^(# )?[a-zA-Z%-]+:? .*## / {
        name = $1 == "#" ? $2 : $1
        sub(/:.*/, "", name)
        sub(/%/, name ~ /^figure/ ? "NN" : "NN.M", name)
        text = $0
        sub(/.*## */, "", text)
        if (name == "all")
            name = ""
        printf "  make %-14s %s\n", name, text
    }
    END { printf "\nVariables\n%s", variables }' "$@"
