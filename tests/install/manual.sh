#!/bin/sh
# manual.sh OUT VERSION FOLDER... - makes the manual pages from the headers in the folders: OUT/man3 and
# OUT/man7, as `man -M OUT eddy_loop` reads them. manual.awk says how.
set -e
out=$1 version=$2
shift 2
rm -rf "$out"
mkdir -p "$out/man3" "$out/man7"
for folder; do set -- "$@" "$folder"/*.h && shift; done
LC_ALL=C awk -v out="$out" -v version="$version" -v about=tests/install/eddy.txt \
    -f tests/install/manual.awk lib/README.md "$@"
