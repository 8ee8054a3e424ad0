#!/bin/sh
# bench.sh BUILD [--quick] - what things cost, one table for echo servers and one for single
# operations, beside peers. README.md tells how to read them.
#
# BENCH chooses parts of it (echo, ping and what stands in `operations`), ROUNDS how often each figure is taken. --quick
# is one short round, to see that all of it works.
build=$1
bench=$build/bench
work=$bench/work.$$
server='' child=''

rounds=${ROUNDS:-5} total=60 shortest=0.1 idle=5000
if [ "$2" = --quick ]; then
    rounds=1 total=1 shortest=0.005 idle=1500
    export N_CHAIN=1000 N_SOON=5000 N_TIMERS=1000 N_WAKE=100 N_POST=1000 TIMERS_MS=20 \
        N_TASKS=1000 N_YIELDS=10 N_RESUMES=100 N_MEM=10000 N_GATHER=1 N_RECV=1000 N_PINGPONG=100 N_QUEUE=1000 N_PERMITS=1000 \
        N_POOL_RT=100 N_POOL=1000 N_PROCESS=100 N_LATE=20 N_SPAWN=20
fi

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
    [ -z "$child" ] || kill "$child" 2> /dev/null
    stop
    rm -rf "$work"
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Runs a program that ends by itself. In the background, since a shell that waits hears of a signal
# at once.
run() { # file for what it prints, command...
    output=$1
    shift
    "$@" > "$output" 2>&1 &
    child=$!
    wait $child
    status=$?
    child=
}

# ---- Rounds -------------------------------------------------------------------------------------

has_asyncio() { python=$(python3 -c 'import asyncio, sys; print(sys.executable)' 2> /dev/null); }

wanted() { case " $parts " in *" $1 "*) ;; *) return 1 ;; esac; }

# A list of lines. Every other round goes backwards, so that nobody always comes after the same
# neighbour.
ordered() {
    awk '{ printf "%03d|%s\n", NR, $0 }' "$1" |
        sort -t '|' -k 1,1"$([ $((round % 2)) -eq 1 ] || echo r)" | cut -d '|' -f 2-
}

progress() {
    [ ! -t 2 ] || printf '\rround %d of %d: %-60s' "$round" "$rounds" "$1" >&2
}

# Each round measures everything once.
repeat() {
    round=1
    while [ "$round" -le "$rounds" ]; do
        "$1"
        round=$((round + 1))
    done
    [ ! -t 2 ] || printf '\r%78s\r' '' >&2
}

# ---- What the figures depend on -----------------------------------------------------------------

machine() {
    echo "$(uname -srm), $(getconf _NPROCESSORS_ONLN) CPUs$(sed -n 's/^model name[^:]*:/,/p' /proc/cpuinfo 2> /dev/null | head -n 1)."
    if [ -n "$cpu" ]; then
        echo "All on CPU $cpu together."
    else
        echo "Without taskset, which is not installed, each program runs where the system puts it."
    fi
    echo "Rounds: $rounds; the figures are medians.$(sed 's/ .*/./; s/^/ Load average at the start: /' /proc/loadavg 2> /dev/null)"
}

left_out() {
    [ -x "$bench/limit_echo" ] || echo "Left out: the limit, which needs Linux's epoll; so there are no ratios."
    [ -x "$bench/peer_libuv" ] || echo "Left out: libuv, which is not installed."
    has_asyncio || echo "Left out: asyncio, since there is no python3."
}

# ---- All of it ----------------------------------------------------------------------------------

operations="soon timers wake tasks mem gather wait_for queue semaphore pool spawn"
parts=${BENCH:-echo ping $operations}
for part in $parts; do
    case " echo echoes ping $operations " in
    *" $part "*) ;;
    *) echo "There is no bench $part. There are: echo echoes ping $operations."; exit 1 ;;
    esac
done
case $rounds in
'' | *[!0-9]* | 0*) echo "ROUNDS is a number from 1 on, not $rounds."; exit 1 ;;
esac
[ -x "$bench/load" ] || { echo "There is no $bench/load: make bench-build makes it."; exit 1; }
mkdir -p "$work" || exit 1
# The last CPU that we may use: the first has most of the interrupts. What we start inherits it.
cpus=$(taskset -cp $$ 2> /dev/null | sed 's/.*: //')
cpu=${cpus##*[!0-9]}
[ -z "$cpu" ] || taskset -cp "$cpu" $$ > /dev/null 2>&1 || cpu=

machine > "$work/machine"
: > "$work/failed"
if wanted echo || wanted ping || wanted echoes; then . tests/bench/echo.sh; fi
if wanted echoes; then . tests/bench/echoes.sh; fi
measures_operations=
for part in $operations; do
    ! wanted "$part" || measures_operations=yes
done
[ -z "$measures_operations" ] || . tests/bench/micro.sh
cat "$work/machine"
left_out
[ ! -s "$work/failed" ]
