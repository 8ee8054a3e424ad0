# shellcheck shell=sh disable=SC2154 # bench.sh sets them
# echo.sh - bench.sh's part for echo servers: what one echoed message costs each, in CPU time.

# ---- The servers and the loads: a line each, fields separated by "|" -----------------------------

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

# Name (two lines of the table's head), idle connections, other options of the load, what is measured.
loads() {
    echo "50 clients,/100 bytes|0|-c 50 -s 100|cpu"
    echo "4 active/+ 0 idle|0|-c 4 -s 100|cpu"
    echo "4 active/+ $idle idle|$idle|-c 4 -s 100|cpu"
    echo "8 clients/x 64 KiB|0|-c 8 -s 65536|cpu"
}

ping_loads() { echo "a ping beside/2 firehoses|0|-c 1 -f 2 -s 100|ping"; }

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

# Said once, with its reason; a server that cannot, or has failed, is not asked again.
cannot() { echo "$name|$load_name|cannot|$1" >> "$work/echo"; }
failed() { echo "$name|$load_name|failed|$1" | tee -a "$work/failed" >> "$work/echo"; }

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
    run "$work/load" "$bench/load" -c 1 -n 10 "$port"
    # shellcheck disable=SC2086 # options and their values
    run "$work/load" "$bench/load" $options -i "$want_idle" -t "$seconds" -p "$server" "$port"
    case $status in
    0) echo "$name|$load_name|$round|$(sed -n "s/^$metric \([0-9]*\) ns/\1/p" "$work/load")" >> "$work/echo" ;;
    3) cannot "$(reason | tr -d '\n')" ;;
    *) failed "$(reason | tr -d '\n')" ;;
    esac
    stop
}

echo_round() {
    while IFS='|' read -r load_name want_idle options metric <&3; do
        ordered "$work/servers" > "$work/order"
        while IFS='|' read -r name command <&4; do
            grep -qF -e "$name|$load_name|cannot|" -e "$name|$load_name|failed|" "$work/echo" && continue
            progress "$name, $load_name"
            measure
        done 4< "$work/order"
    done 3< "$work/loads"
}

# ---- All of it ----------------------------------------------------------------------------------

# shellcheck disable=SC3045 # older POSIX knows no -n; a shell without it keeps what it has
descriptors=$(ulimit -n "$(ulimit -Hn)" 2> /dev/null; ulimit -n 2> /dev/null || echo unlimited)
# shellcheck disable=SC3045
ulimit -n "$descriptors" 2> /dev/null

# echo_table WHAT IS MEASURED, from the loads in $work/loads.
echo_table() {
    : > "$work/echo"
    seconds=$(awk -v "total=$total" -v "shortest=$shortest" -v runs=$(($(wc -l < "$work/servers") * $(wc -l < "$work/loads") * rounds)) \
        'BEGIN { t = total / runs; printf "%.3f", (t > 0.4 ? 0.4 : t < shortest ? shortest : t) }')
    repeat echo_round
    awk -v caption="$1" -f tests/bench/median.awk -f tests/bench/echo.awk "$work/loads" "$work/servers" "$work/echo"
}

servers > "$work/servers"
if wanted echo; then
    loads > "$work/loads"
    echo_table "CPU time of the server for one echoed message"
fi
# Server, firehoses and ping are three processes: on one CPU the system's turns would be measured.
if wanted ping; then
    [ -z "$cpu" ] || taskset -cp "$cpus" $$ > /dev/null 2>&1
    ping_loads > "$work/loads"
    echo_table "Time until a small message is back, beside two clients that send as fast as they can"
    [ -z "$cpu" ] || taskset -cp "$cpu" $$ > /dev/null 2>&1
fi
