#!/bin/sh
# selectors.sh BUILD - the names of the selectors that a build has, one a line, the best first. Where
# nothing is built it prints a name that no program takes: a loop over no names would pass, and test
# nothing.
library=$(ls "$1"/stage-*/libeddy.a 2> /dev/null | tail -n 1)
names=$(nm "${library:-/nowhere}" 2> /dev/null | sed -n 's/.* [A-Z] eddy_selector_\(epoll\|poll\|select\)$/\1/p' | sort -u)
echo "${names:-nothing-is-built-in-$1}"
