#!/bin/sh
# selectors.sh BUILD - the names of the selectors that a build has, one a line.
nm "$1"/stage-02/libeddy.a 2> /dev/null | sed -n 's/.* [A-Z] eddy_selector_\(epoll\|poll\|select\)$/\1/p' | sort -u
