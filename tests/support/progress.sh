#!/bin/sh
# progress.sh FILE TOTAL - says that `make` compiles one more file: on a terminal in a line that changes,
# elsewhere in a line for each fifty. FILE counts them, a byte each, since several are compiled at once.
# progress.sh FILE - all is built; says so if there was anything to build.
file=$1 total=$2
changes=
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then changes=yes; fi
if [ -z "$total" ]; then
    [ -f "$file" ] || exit 0
    printf '%s%s files are compiled; the programs are in %s/chapters. Next:  make learn\n' \
        "${changes:+$(printf '\r\033[K')}" "$(wc -c < "$file" | tr -d ' ')" "${file%/*}"
    rm -rf "$file" "$file.begun"
    exit 0
fi
if [ "$total" -ge 20 ] && mkdir "$file.begun" 2> /dev/null; then
    echo "Compiling the library and the programs of all chapters; it takes some seconds."
fi
printf . >> "$file"
n=$(wc -c < "$file" | tr -d ' ')
[ "$n" -gt "$total" ] && of= || of=" of $total" # all again, as when a flag changes, cannot be foreseen
if [ -n "$changes" ]; then
    printf '\r  %s%s ' "$n" "$of"
elif [ $((n % 50)) -eq 0 ]; then
    echo "  $n$of"
fi
