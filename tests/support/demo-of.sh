#!/bin/sh
# The program that `make demo-NN` runs: the one that the chapter's lesson names first in a line
# "make demo-NN runs `program`". Usage: demo-of.sh NN-name
sed -n 's/.*make demo-[0-9]*` runs `\([a-z_-]*\)`.*/\1/p' chapters/"$1"/README.md 2> /dev/null | head -n 1 | grep . || echo echo
