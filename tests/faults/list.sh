#!/bin/sh
# The calls that faults.c wraps, one a line: what the linker needs for --wrap.
cd "$(dirname "$0")" || exit 1
sed -n 's/^WRAP[A-Z_]*([a-z]*, \([a-z]*\), (.*/\1/p
        s/^WRAP_MOVE(\([a-z]*\), (.*/\1/p
        s/^WRAP(int, \([a-z]*\),$/\1/p
        s/^[a-z].*[ *]__wrap_\([a-z]*\)(.*/\1/p' faults.c | sort -u
