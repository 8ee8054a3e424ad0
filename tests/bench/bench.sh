#!/bin/sh
# bench.sh BUILD [--quick] - what one echoed message costs each echo server, in CPU time. README.md
# tells how to read the table. --quick is one short round, to see that all of it works.
build=$1
bench=$build/bench
work=$bench/work.$$
server='' load=''

case $2 in
--quick) rounds=1 total=1 shortest=0.005 idle=1500 ;;
*) rounds=5 total=60 shortest=0.1 idle=5000 ;;
esac

# ---- Whatever was started is ended, also on Ctrl-C ----------------------------------------------

nap() { sleep 0.01 2> /dev/null || sleep 1; } # POSIX's sleep has whole seconds only

# Only a server of ours that is still there is waited for, and not for ever.
stop() {
    [ -n "$server" ] || return
    kill "$server" 2> /dev/null
    naps=0
    while kill -0 "$server" 2> /dev/null && [ $naps -lt 200 ]; do
        nap
        naps=$((naps + 1))
    done
    [ $naps -lt 200 ] || kill -9 "$server" 2> /dev/null
    wait "$server" 2> /dev/null
    server=
}

finish() {
    trap '' HUP INT TERM
    [ -z "$load" ] || kill "$load" 2> /dev/null
    stop
    rm -rf "$work"
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- The servers and the loads: a line each, fields separated by "|" -----------------------------

has_asyncio() { python=$(python3 -c 'import asyncio, sys; print(sys.executable)' 2> /dev/null); }

# Name and command. Chapter 2's runs on each selector that this build has, the others on the best.
servers() {
    [ ! -x "$bench/limit_echo" ] || echo "limit|$bench/limit_echo"
    for source in chapters/[0-9][0-9]-*/echo.c; do
        program=${source%.c} room=${source#chapters/} room=${room%/echo.c}
        case $room in
        02-*) for selector in select poll epoll; do
            ar t "$build/stage-02/libeddy.a" | grep -q "^selector_$selector\.o" || continue
            echo "$room, $selector|env EDDY_SELECTOR=$selector $build/$program"
        done ;;
        *) echo "$room|$build/$program" ;;
        esac
    done
    [ ! -x "$bench/peer_libuv" ] || echo "libuv|$bench/peer_libuv"
    has_asyncio && echo "asyncio|$python tests/bench/peer_asyncio.py"
}

# Name (two lines of the table's head), active connections, idle connections, bytes.
loads() {
    echo "50 clients,/100 bytes|50|0|100"
    echo "4 active/+ 0 idle|4|0|100"
    echo "4 active/+ $idle idle|4|$idle|100"
    echo "8 clients/x 64 KiB|8|0|65536"
}

# ---- One measurement ----------------------------------------------------------------------------

# Starts the command and finds out its port. Its output goes to a file, so that it never waits for a
# reader.
start() {
    : > "$work/out" # at once: the last server's port is still in it
    # shellcheck disable=SC2086 # a command and its arguments
    $1 0 > "$work/out" 2> "$work/err" &
    server=$! naps=0
    until port=$(sed -n 's/.*port \([0-9][0-9]*\).*/\1/p' "$work/out" | head -n 1) && [ -n "$port" ]; do
        kill -0 "$server" 2> /dev/null && [ $naps -lt 1000 ] || return
        nap
        naps=$((naps + 1))
    done
}

# In the background, since a shell that waits hears of a signal at once.
run_load() {
    "$bench/load" "$@" "$port" > "$work/load" 2>&1 &
    load=$!
    wait $load
    status=$?
    load=
}

# Said once, with its reason; a server that cannot, or has failed, is not asked again.
cannot() { echo "$name|$load_name|cannot|$1" >> "$work/results"; }
failed() { echo "$name|$load_name|failed|$1" >> "$work/results"; }

# What the load saw, and what the server says of it.
reason() {
    sed 's/^load: //' "$work/load"
    tail -n 1 "$work/err" | sed 's/^/ (/; s/$/)/'
}

measure() {
    if [ "$want_idle" -gt 0 ] && [ "$descriptors" != unlimited ] &&
        [ "$descriptors" -lt $((want_idle + 100)) ]; then
        cannot "ulimit -n is $descriptors, and cannot be raised"
        return
    fi
    start "$command"
    if [ -z "$port" ]; then
        failed "it does not start: $(tail -n 1 "$work/err")"
        stop
        return
    fi
    # A first client comes and goes. Until one has, glibc's malloc maps and unmaps memory for each
    # message that asyncio receives, which costs five times as much; no server lives like that.
    run_load -c 1 -n 10
    run_load -c "$active" -i "$want_idle" -s "$size" -t "$seconds" -p "$server"
    case $status in
    0) echo "$name|$load_name|$round|$(sed -n 's/^cpu \([0-9]*\) ns/\1/p' "$work/load")" >> "$work/results" ;;
    3) cannot "$(reason | tr -d '\n')" ;;
    *) failed "$(reason | tr -d '\n')" ;;
    esac
    stop
}

# Every other round goes backwards, so that nobody always comes after the same neighbour.
ordered() {
    sort -t '|' -k 1,1"$([ $((round % 2)) -eq 1 ] || echo r)" "$work/servers" | cut -d '|' -f 2-
}

run_round() {
    while IFS='|' read -r load_name active want_idle size <&3; do
        ordered > "$work/order"
        while IFS='|' read -r name command <&4; do
            grep -qF -e "$name|$load_name|cannot|" -e "$name|$load_name|failed|" "$work/results" && continue
            [ ! -t 2 ] || printf '\rround %d of %d: %-60s' "$round" "$rounds" "$name, $load_name" >&2
            measure
        done 4< "$work/order"
    done 3< "$work/loads"
}

# ---- The table ----------------------------------------------------------------------------------

machine() {
    echo "$(uname -srm), $(getconf _NPROCESSORS_ONLN) CPUs$(sed -n 's/^model name[^:]*:/,/p' /proc/cpuinfo 2> /dev/null | head -n 1)."
    if [ -n "$cpu" ]; then
        echo "Server and load on CPU $cpu together."
    else
        echo "Without taskset, which is not installed, server and load run where the system puts them."
    fi
    echo "Rounds: $rounds, $seconds s each; the figures are medians.$(sed 's/ .*/./; s/^/ Load average at the start: /' /proc/loadavg 2> /dev/null)"
}

left_out() {
    [ -x "$bench/limit_echo" ] || echo "Left out: the limit, which needs Linux's epoll; so there are no ratios."
    [ -x "$bench/peer_libuv" ] || echo "Left out: libuv, which is not installed."
    has_asyncio || echo "Left out: asyncio, since there is no python3."
}

# ---- All of it ----------------------------------------------------------------------------------

[ -x "$bench/load" ] || { echo "There is no $bench/load: make bench-build makes it."; exit 1; }
mkdir -p "$work" || exit 1
# shellcheck disable=SC3045 # older POSIX knows no -n; a shell without it keeps what it has
descriptors=$(ulimit -n "$(ulimit -Hn)" 2> /dev/null; ulimit -n 2> /dev/null || echo unlimited)
# shellcheck disable=SC3045
ulimit -n "$descriptors" 2> /dev/null
# The last CPU that we may use: the first has most of the interrupts. What we start inherits it.
cpu=$(taskset -cp $$ 2> /dev/null | sed 's/.*[^0-9]//')
[ -z "$cpu" ] || taskset -cp "$cpu" $$ > /dev/null 2>&1 || cpu=

servers | awk '{ printf "%03d|%s\n", NR, $0 }' > "$work/servers"
loads > "$work/loads"
: > "$work/results"
seconds=$(awk -v total=$total -v shortest=$shortest -v runs=$(($(wc -l < "$work/servers") * $(wc -l < "$work/loads") * rounds)) \
    'BEGIN { t = total / runs; printf "%.3f", (t > 0.4 ? 0.4 : t < shortest ? shortest : t) }')
machine > "$work/machine"
round=1
while [ $round -le $rounds ]; do
    run_round
    round=$((round + 1))
done
[ ! -t 2 ] || printf '\r%78s\r' '' >&2
awk -f tests/bench/table.awk "$work/loads" "$work/servers" "$work/results"
cat "$work/machine"
left_out
! grep -q '|failed|' "$work/results"
