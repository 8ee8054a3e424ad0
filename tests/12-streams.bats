# Chapter 12: streams, as a person meets them: the echo server, the store with nc and redis-cli, the proxy, the
# chat, and get; what signals and faults do to them.

load support/helpers

room=12-streams

# ---- The echo server -----------------------------------------------------------------------------------

talk_to_echo() {
    serve "echo-$1" 0
    nc_open "ann_$1" "$port"
    nc_open "bob_$1" "$port"
    nc_say "bob_$1" "I am Bob"
    nc_hear "bob_$1" "I am Bob"
    nc_say "ann_$1" "and I am Ann"
    nc_hear "ann_$1" "and I am Ann"
    stop "echo-$1" "$2"
}

@test "the echo server of streams serves two nc on each selector, and Ctrl-C and SIGTERM end it with both there" {
    each_ending talk_to_echo
}

# ---- The store -----------------------------------------------------------------------------------------

# ask NAME LINE ANSWER...: what a person types, and the lines of the answer.
ask() {
    local name=$1
    nc_say "$name" "$2"
    shift 2
    for line in "$@"; do nc_hear "$name" "$line"$'\r'; done
}

talk_to_store() {
    serve "store-$1" 0
    nc_open "ann_$1" "$port"
    nc_open "bob_$1" "$port"
    ask "ann_$1" "ping" "+PONG"
    ask "ann_$1" "set city Oxford" "+OK"
    ask "bob_$1" "get city" "\$6" "Oxford"
    ask "bob_$1" "incr visits" ":1"
    ask "ann_$1" "INCR visits" ":2"
    stop "store-$1" "$2"
}

@test "two nc share a store on each selector, and Ctrl-C and SIGTERM end it with both there" {
    each_ending talk_to_store
}

@test "each command of the store has its answer, and what is wrong has one clear line" {
    serve store 0
    nc_open ann "$port"
    ask ann "echo hello" "\$5" "hello"
    ask ann "get none" "\$-1"
    ask ann "set a 1" "+OK"
    ask ann "set b x ex 100" "+OK"
    ask ann "ttl a" ":-1"
    ask ann "ttl b" ":100"
    ask ann "ttl none" ":-2"
    ask ann "expire a 50" ":1"
    ask ann "expire none 50" ":0"
    ask ann "incrby a 41" ":42"
    ask ann "decrby a 40" ":2"
    ask ann "decr a" ":1"
    ask ann "exists a b none" ":2"
    ask ann "dbsize" ":2"
    ask ann "keys a*" "*1" "\$1" "a"
    ask ann "del a b none" ":2"
    ask ann "flushall" "+OK"
    ask ann "keys *" "*0"
    ask ann "incr" "-ERR wrong number of arguments for 'incr' command"
    ask ann "sing" "-ERR unknown command 'sing'"
    ask ann "set c text" "+OK"
    ask ann "incr c" "-ERR value is not an integer or out of range"
    ask ann "set c 9223372036854775807" "+OK"
    ask ann "incr c" "-ERR value is not an integer or out of range"
    ask ann "set c 1 ex 0" "-ERR value is not an integer or out of range"
    ask ann "set c 1 for ever" "-ERR syntax error"
    ask ann "quit" "+OK"
    stop store
}

@test "a store's key is gone when its time is up" {
    serve store 0
    nc_open ann "$port"
    ask ann "set tea hot px 1" "+OK"
    # Whenever that is: it is asked until it is so.
    for ((tries = 0; tries < 1000; tries++)); do
        nc_say ann "exists tea"
        read -r -t 10 -u "$hear_ann" line
        [ "$line" != $':0\r' ] || break
        sleep 0.01
    done
    ask ann "get tea" "\$-1"
    stop store
}

@test "many requests in one piece are answered in order, in one piece; and byte by byte, all the same" {
    needs_half_close
    requests='*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nping\r\n*1\r\n$4\r\nPING\r\n'
    answers='+OK\r\n$4\r\na\r\nb\r\n+PONG\r\n+PONG\r\n'
    for plan in "" "recv%1,send%1,sendmsg%1"; do
        EDDY_FAULTS=$plan serve "store-${#plan}" 0
        # shellcheck disable=SC2059
        diff <(printf "$requests" | timeout 20 nc -N "$(localhost)" "$port" | od -c) <(printf "$answers" | od -c)
        stop "store-${#plan}"
    done
}

@test "what is no request of the store's protocol is told so, and that client alone is shown out" {
    needs_half_close
    serve store 0
    nc_open ann "$port"
    for bad in '*x\r\n' '*65\r\n' '*1\r\nfour\r\n' '*1\r\n$-4\r\n' '*1\r\n$99999999\r\n'; do
        # shellcheck disable=SC2059
        printf "$bad" | timeout 20 nc -N "$(localhost)" "$port" > "$tmp/heard"
        [[ $(cat "$tmp/heard") == "-ERR Protocol error: "* ]] || { echo "$bad:"; cat "$tmp/heard"; return 1; }
    done
    head -c 100000 /dev/zero | tr '\0' x | timeout 20 nc -N "$(localhost)" "$port" > "$tmp/heard" || :
    [[ $(cat "$tmp/heard") == "-ERR Protocol error: too long a line"* ]]
    ask ann "ping" "+PONG"
    stop store
}

@test "redis-cli and redis-benchmark talk to the store" {
    command -v redis-cli > /dev/null || skip "redis-cli is not installed"
    serve store 0
    [ "$(redis-cli -p "$port" set city "New York")" = OK ]
    [ "$(redis-cli -p "$port" get city)" = "New York" ]
    [ "$(redis-cli -p "$port" incrby n 5)" = 5 ]
    if command -v redis-benchmark > /dev/null; then
        redis-benchmark -p "$port" -n 1000 -q -t ping,set,get,incr > "$tmp/said"
        [ "$(grep -c "requests per second" "$tmp/said")" -ge 4 ]
    fi
    stop store
}

# ---- The proxy -------------------------------------------------------------------------------------------

@test "through three proxies of streams two nc talk to one echo server, on each selector" {
    for which in $(selectors); do
        export EDDY_SELECTOR=$which
        tmp=$BATS_TEST_TMPDIR/$which
        mkdir "$tmp"
        chain 3
        nc_open ann "$port"
        nc_open bob "$port"
        nc_say ann "I am Ann"
        nc_say bob "I am Bob"
        nc_hear bob "I am Bob"
        nc_hear ann "I am Ann"
        end_chain
    done
}

@test "10 MB go through three proxies of streams to a reader that stops for a while, and none grows" {
    [ -n "$(most_memory $$)" ] || skip "no /proc to read memory from"
    chain 3
    before=()
    for pid in "${chained[@]}"; do before+=("$(most_memory "$pid")"); done
    seq -f %09.0f 0 999999 > "$tmp/sent"
    connect "$port"
    cat "$tmp/sent" >&"$fd" 3>&- & # it stops, too, when all between is full
    started+=("$!")
    writer=$!
    head -c 10 <&"$fd" > "$tmp/heard"
    still
    for i in "${!chained[@]}"; do
        [ $(($(most_memory "${chained[i]}") - before[i])) -le 1536 ] ||
            grep -q fsanitize "$BUILD/flags" || { echo "number $i grew"; return 1; }
    done
    timeout 60 head -c 9999990 <&"$fd" >> "$tmp/heard"
    wait "$writer"
    cmp "$tmp/sent" "$tmp/heard"
    end_chain
}

@test "through three proxies of streams that move one byte at a time all comes in order, too, and the end" {
    needs_half_close
    export EDDY_FAULTS=recv%1,send%1,sendmsg%1
    chain 3
    seq 1 5000 > "$tmp/sent"
    timeout 60 nc -N "$(localhost)" "$port" < "$tmp/sent" > "$tmp/heard"
    cmp "$tmp/sent" "$tmp/heard"
    end_chain
}

@test "a proxy of streams whose server is not there says so, and serves the next client when it is" {
    serve echo 0
    there=$port
    stop echo
    serve proxy "$there" 0
    connect "$port"
    hear_out "no way to port $there: Connection refused"
    timeout 10 cat <&"$fd"
    exec {fd}>&-
    proxy=$pid at=$port
    serve echo-again "$there"
    port=$at
    asks "who is there?" "who is there?"
    stop echo-again
    pid=$proxy
    stop proxy
}

# ---- The chat --------------------------------------------------------------------------------------------

talk_in_chat() {
    serve "chat-$1" 0
    for name in ann bob; do
        nc_open "${name}_$1" "$port"
        nc_hear "${name}_$1" "Your name?"
        nc_say "${name}_$1" "$name"
        nc_hear "${name}_$1" "Welcome, $name."
    done
    nc_hear "ann_$1" "bob has come"
    nc_say "ann_$1" $'hello,\tall'
    nc_hear "bob_$1" "ann: hello,?all"
    stop "chat-$1" "$2"
}

@test "two nc talk in the room on each selector, and Ctrl-C and SIGTERM end it with both there" {
    each_ending talk_in_chat
}

@test "a guest who does not read holds up nobody, and is told how many lines it has missed" {
    serve chat 0
    connect "$port"
    sleeper=$fd
    echo sleeper >&"$sleeper"
    hear_out "sleeper has come"
    connect "$port"
    echo speaker >&"$fd"
    hear_out "speaker has come"
    seq -f "line %.0f of some length, so that it is soon too much for whoever does not read" 1 5000 >&"$fd"
    hear_out "speaker: line 5000 of some length*"
    cat <&"$sleeper" > "$tmp/slept" 3>&- &
    started+=("$!")
    until grep -q "you have missed" "$tmp/slept"; do echo "are you awake?" >&"$fd" && sleep 0.05; done
    missed=$(sed -n 's/(you have missed \([0-9]*\) lines*)/\1/p' "$tmp/slept" | head -n 1)
    read_before=$(sed '/you have missed/,$d' "$tmp/slept" | grep -c "^speaker: line")
    [ "$missed" -gt 0 ]
    [ $((read_before + missed)) -ge 5000 ]
    stop chat
}

# ---- get ---------------------------------------------------------------------------------------------------

@test "get fetches chapter 11's hello: the head to stderr, the page to stdout" {
    start hello "$BUILD/tested/11-transports/hello" 0
    "$BUILD/tested/$room/get" "http://127.0.0.1:$port/" > "$tmp/page" 2> "$tmp/head"
    [ "$(cat "$tmp/page")" = "hello, how are you?" ]
    [ "$(head -n 1 "$tmp/head")" = "HTTP/1.1 200 OK" ]
    [[ $(tail -n 1 "$tmp/head") == "ledger: nothing left"* ]]
    stop hello
}

@test "get where nobody listens, or of what is no page, is one clear line and status 1" {
    serve echo 0
    there=$port
    stop echo
    run "$BUILD/chapters/$room/get" "127.0.0.1:$there"
    [[ $status -eq 1 && $output == "get: 127.0.0.1 port $there: Connection refused" ]]
    for page in "https://example.org/" "127.0.0.1:99999" "127.0.0.1:80/a b" ""; do
        run "$BUILD/chapters/$room/get" "$page"
        [[ $status -eq 1 && $output == "get: '$page': "*"; try --help" && ${#lines[@]} -eq 1 ]] || { echo "$output"; return 1; }
    done
    run "$BUILD/chapters/$room/get" --timeout soon x
    [[ $status -eq 1 && $output == "get: 'soon': "* ]]
    run "$BUILD/chapters/$room/get" --nonsense
    [[ $status -eq 1 && $output == "get: '--nonsense': there is no such option; try --help" ]]
    run "$BUILD/chapters/$room/get" --timeout
    [[ $status -eq 1 && $output == "get: '--timeout': it needs a number of seconds after it; try --help" ]]
    run "$BUILD/chapters/$room/get" -h
    [[ $status -eq 0 && $output == "usage: get "* ]]
}

# get_from ANSWER: gets from a server that says this (as printf's %b knows it) to the first who comes, and ends. Sets
# `status`; the page is $tmp/page, and what get says is $tmp/head.
get_from() {
    local first
    [ -p "$tmp/listens" ] || mkfifo "$tmp/listens"
    printf '%b' "$1" > "$tmp/answer"
    timeout 20 nc -N -l -v 127.0.0.1 0 < "$tmp/answer" > /dev/null 2> "$tmp/listens" 3>&- &
    started+=("$!")
    exec {listens}< "$tmp/listens"
    read -r -t 10 -u "$listens" first
    port=${first##* }
    [[ $port == [1-9]* ]] || skip "this nc does not say which port is free"
    status=0
    "$BUILD/chapters/$room/get" "127.0.0.1:$port" > "$tmp/page" 2> "$tmp/head" || status=$?
    exec {listens}<&-
}

@test "get takes chunks to their end, and one that is cut, or has no size, is one clear line" {
    needs_half_close
    chunked='HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'
    get_from "${chunked}5\r\nhello\r\n1;more\r\n!\r\n0\r\n\r\n"
    [[ $status -eq 0 && $(cat "$tmp/page") == "hello!" ]] || { cat "$tmp/head"; return 1; }
    for cut in "" "5\r\nhe" "5\r\nhello" "5\r\nhello\r\n"; do
        get_from "$chunked$cut"
        [[ $status -eq 1 && $(tail -n 1 "$tmp/head") == *": the answer has ended too early" ]] || { echo "$cut:"; cat "$tmp/head"; return 1; }
    done
    for size in "0x5" "-5" "" "fffffffffffffffff"; do
        get_from "$chunked$size\r\nhello\r\n0\r\n\r\n"
        [[ $status -eq 1 && $(tail -n 1 "$tmp/head") == *": a chunk of the page has no size" ]] || { echo "$size:"; cat "$tmp/head"; return 1; }
    done
}

@test "the head that get shows cannot steer the terminal" {
    needs_half_close
    get_from 'HTTP/1.1 200 OK\r\nX:\t\033[31mred\033]0;title\a\r\n\r\nhi'
    [[ $status -eq 0 && $(cat "$tmp/page") == hi ]]
    [ "$(sed -n 2p "$tmp/head")" = $'X:\t?[31mred?]0;title?' ]
}

@test "get gives up when its time is up: a server that accepts, and says nothing" {
    serve proxy 1 0 # nobody listens on port 1, but the kernel has the client in its line by then
    kill -STOP "$pid"
    run "$BUILD/tested/$room/get" --timeout 0.05 "127.0.0.1:$port"
    [[ $status -eq 1 && ${lines[0]} == "get: 127.0.0.1 port $port: "*"timed out"* && ${lines[1]} == "ledger: nothing left"* ]]
    kill -CONT "$pid"
    stop proxy
}

# ---- All of them -----------------------------------------------------------------------------------------

servers="echo store chat"

# What a client says that is there when faults come (talk_to).
words='ann\r\nset a 1\r\nget a\r\n' answers=4

@test "a fault of any call of chapter 12's servers ends them with 0 or 1, and nothing is left: a sample" {
    for program in $servers; do
        [[ $program == store || -n ${EDDY_FULL:-} ]] || continue
        run "$BUILD/tests/faults/programs/programs" "$room/$program" "$BUILD/tested/$room/$program"
        [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    done
}

@test "Ctrl-C before any system call of chapter 12's servers ends them tidily: a sample" {
    serve echo 0
    interrupted 29 $room/echo $room/store $room/chat "$room/proxy $port"
}

@test "in debug mode chapter 12's servers have nothing to report, and SIGUSR1 shows who waits for what" {
    for program in $servers; do
        EDDY_DEBUG=1 serve "$program" 0
        connect "$port"
        echo "ping" >&"$fd"
        read -r -t 10 -u "$fd" line
        kill -USR1 "$pid"
        complains "$program" "task 1: "
        complains "$program" "chapters/$room/.*:[0-9]*) awaits reader"
        stop "$program"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$program.err")" -eq 0 ] || { cat "$tmp/$program.err"; return 1; }
    done
}

# ---- The trap --------------------------------------------------------------------------------------------

@test "two sides that write all before they read wait for each other; both at once is no dead lock" {
    prints trap-both "write all, then read: ETIMEDOUT" "both at once: all has come"
}

# ---- The command line --------------------------------------------------------------------------------------

@test "--help of chapter 12's demos says what they do, and what they cannot understand is one clear line" {
    for program in $servers proxy get; do
        run "$BUILD/chapters/$room/$program" --help
        [[ $status -eq 0 && $output == "usage: $program "* ]] || { echo "$output"; return 1; }
    done
    for program in $servers "proxy 1"; do
        # shellcheck disable=SC2086
        run "$BUILD/chapters/$room/"$program nonsense
        [ "$status" -eq 1 ]
        [ "$output" = "${program% *}: 'nonsense': not a port: a port is a whole number from 0 to 65535; try --help" ]
    done
    run "$BUILD/chapters/$room/proxy"
    [[ $status -eq 1 && $output == "proxy: which port does the other server listen on? try --help" ]]
    run "$BUILD/chapters/$room/proxy" --help
    [[ ${lines[0]} == "usage: proxy ITS_PORT [--host HOST] [PORT]" ]]
}

@test "a port that is taken, or no memory, is one clear line of chapter 12's servers, and status 1" {
    for program in $servers; do
        serve "$program" 0
        run "$BUILD/tested/$room/$program" "$port"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "$program: cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
        [[ ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
        stop "$program"
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$room/$program" 0
        [ "$status" -eq 1 ]
        [[ ${lines[-2]} == *": "*emory* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$program: $output"; return 1; }
    done
}
