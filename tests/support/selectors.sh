#!/bin/sh
# selectors.sh BUILD - the names of the selectors that a build has, one a line. Where nothing is built it
# prints a name that no program takes: a loop over no names would pass, and test nothing.
names=$(nm "$1"/stage-02/libeddy.a 2> /dev/null | sed -n 's/.* [A-Z] eddy_selector_\(epoll\|poll\|select\)$/\1/p' | sort -u)
echo "${names:-nothing-is-built-in-$1}"
