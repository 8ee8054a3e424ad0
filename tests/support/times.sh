#!/bin/sh
# times.sh BUILD - the ten dearest tests of the last run: seconds on the wall, seconds of processor time
# (user and system), and the command.
times=$1/tap/times
[ -s "$times" ] || { echo "No run has left its times in $times. First: make test"; exit 1; }
echo "   wall    user+sys  test"
sort -t '	' -k 2,2rn "$times" | awk -F '\t' '
    { wall += $1; computed += $2; n++ }
    n <= 10 { printf "%5d s  %8.2f s  %s\n", $1, $2, $3 }
    END { printf "%5d s  %8.2f s  all %d of them, one after the other\n", wall, computed, n }'
