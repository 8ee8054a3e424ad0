#!/bin/sh
# list.sh [FILE...] - the calls that these C files wrap, one a line: what the linker needs for
# --wrap. Without files: all of faults*.c here. (A POSIX_ONLY build leaves faults_epoll.c out.)
[ $# -gt 0 ] || set -- "$(dirname "$0")"/faults*.c
sed -n 's/^WRAP[A-Z_]*([a-z_]*, \([a-z0-9_][a-z0-9_]*\),.*/\1/p
        s/^WRAP_MOVE(\([a-z0-9_]*\), (.*/\1/p
        s/^[A-Za-z].*[ *]__wrap_\([a-z0-9_]*\)(.*/\1/p' "$@" | sort -u
