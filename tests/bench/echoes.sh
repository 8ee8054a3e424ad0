# shellcheck shell=sh disable=SC2154 # bench.sh sets them
# echoes.sh - bench.sh's part that lays all echo servers side by side: how long each is, how many system calls a
# message costs that comes alone, and how many messages a second 50 clients get back.

# Its lines without comments, empty ones and lone braces, which say how one likes to write and not how long it is.
lines_of() {
    sed 's,/\*.*\*/,,; /\/\*/,/\*\//d' "$1" | grep -c '[[:alnum:]]'
}

# Calls of a run with so many messages from one client, all threads and processes together.
calls_of() { # the program, messages
    : > "$work/out"
    # strace passes no signal on, so the server says which process it is.
    # shellcheck disable=SC2016 # that is the inner shell's
    strace -f -qq -c -o "$work/calls" sh -c 'echo $$ > "$0" && exec "$1" 0' "$work/pid" "$1" > "$work/out" 2> "$work/err" &
    server=$! naps=0
    until port=$(sed -n 's/.*port \([0-9][0-9]*\).*/\1/p' "$work/out" | head -n 1) && [ -n "$port" ]; do
        kill -0 "$server" 2> /dev/null && [ $naps -lt 1000 ] || return 1
        nap
        naps=$((naps + 1))
    done
    run "$work/load" "$bench/load" -c 1 -s 100 -n "$2" -t 20 "$port"
    # Not SIGINT: in the background it is ignored, and eddy_run() leaves it so.
    kill "$(cat "$work/pid")"
    wait "$server"
    server=
    awk '$NF == "total" { print $4 }' "$work/calls"
}

# What is left when the beginning and the end are taken away. (A load sends as many again before it counts.)
calls_a_message() {
    command -v strace > /dev/null && strace -qq -o /dev/null true 2> /dev/null || { echo "-"; return; }
    few=$(calls_of "$1" "$few_messages") && many=$(calls_of "$1" "$many_messages") || { echo "-"; return; }
    awk -v few="$few" -v many="$many" -v messages=$((2 * (many_messages - few_messages))) \
        'BEGIN { printf "%.1f", (many - few) / messages }'
}

messages_a_second() {
    start "$1"
    [ -n "$port" ] || { stop; return; }
    run "$work/load" "$bench/load" -c 50 -s 100 -t "$seconds" "$port"
    sed -n 's/^rate \([0-9]*\).*/\1/p' "$work/load" >> "$work/rates"
    stop
}

# Side by side: each round measures all, so that what disturbs one disturbs the others.
rate_round() {
    for source in chapters/[0-9][0-9]-*/echo.c; do
        program=$build/${source%.c}
        progress "$program"
        : > "$work/rates"
        messages_a_second "$program"
        echo "$source $(cat "$work/rates")" >> "$work/all"
    done
}

side_by_side() {
    : > "$work/all"
    seconds=$(awk -v "total=$total" -v "shortest=$shortest" -v rounds="$rounds" \
        'BEGIN { t = total / rounds / 30; printf "%.3f", (t > 0.4 ? 0.4 : t < shortest ? shortest : t) }')
    few_messages=100 many_messages=1100
    repeat rate_round
    printf '%-20s %6s %16s %16s\n' "echo server of" "lines" "system calls" "messages" "" "" "for a message" "a second"
    for source in chapters/[0-9][0-9]-*/echo.c; do
        name=${source#chapters/}
        printf '%-20s %6s %16s %16s\n' "${name%/echo.c}" "$(lines_of "$source")" \
            "$(calls_a_message "$build/${source%.c}")" \
            "$(grep "^$source " "$work/all" | sort -n -k 2 | awk '{ rate[NR] = $2 } END { print rate[int((NR + 1) / 2)] }')"
    done
    echo
}

side_by_side
