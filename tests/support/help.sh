#!/bin/sh
# Lists the verbs of the Makefile: each target that has a "##" comment, under the "## Group" above it.
awk '
    BEGIN { print "eddy: an asyncio in C, taught step by step. What you can type:" }
    /^## / { printf "\n%s\n", substr($0, 4); next }
    /^(# )?[a-zA-Z%-]+:? .*## / {
        name = $1 == "#" ? $2 : $1
        sub(/:.*/, "", name)
        sub(/%/, name ~ /^figure/ ? "NN" : "NN.M", name)
        text = $0
        sub(/.*## */, "", text)
        if (name == "all")
            name = ""
        printf "  make %-14s %s\n", name, text
    }' "$1"
