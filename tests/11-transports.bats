# Chapter 11: transports and protocols, as a person meets them: hello with curl and nc, the echo server, proxies,
# UDP with nc -u and a Unix path with nc -U; what signals and faults do to them; and the chapter's traps.

load support/helpers

room=11-transports

# ---- hello -------------------------------------------------------------------------------------------

greeting=$'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\nConnection: close\r\n\r\nhello, how are you?'

ask_with_nc() {
    serve "hello-$1" 0
    nc_open "ann_$1" "$port"
    nc_open "bob_$1" "$port"
    for name in ann bob; do
        nc_say "${name}_$1" $'GET / HTTP/1.1\r\nHost: localhost\r'
        nc_say "${name}_$1" $'\r'
        while IFS= read -r line; do nc_hear "${name}_$1" "$line"; done <<< "$greeting"
    done
    nc_open "silent_$1" "$port"
    stop "hello-$1" "$2"
}

@test "hello answers two nc on each selector, and Ctrl-C and SIGTERM end it, also beside a client that says nothing" {
    each_ending ask_with_nc
}

@test "curl understands hello: the answer, its type and its length, many times, also at once" {
    command -v curl > /dev/null || skip "curl is not installed"
    serve hello 0
    [ "$(curl -s -m 10 --noproxy '*' "http://127.0.0.1:$port/")" = "hello, how are you?" ]
    curl -s -m 10 --noproxy '*' -o /dev/null -w '%{http_code} %{content_type} %{size_download}\n' \
        "http://127.0.0.1:$port/any?thing" > "$tmp/said"
    [ "$(cat "$tmp/said")" = "200 text/plain 20" ]
    curls=()
    for i in {1..20}; do
        curl -s -m 20 --noproxy '*' "http://127.0.0.1:$port/$i" > "$tmp/$i" 3>&- &
        curls+=("$!")
    done
    for i in "${curls[@]}"; do wait "$i"; done
    for i in {1..20}; do [ "$(cat "$tmp/$i")" = "hello, how are you?" ]; done
    stop hello
}

@test "a request's head may come byte by byte, and an answer goes out byte by byte; half a head has none" {
    EDDY_FAULTS=recv%1,sendmsg%1 serve hello 0
    connect "$port"
    half=$fd
    printf 'GET / HTTP/1.1\r\n\r' >&"$half"
    connect "$port"
    printf 'GET / HTTP/1.1\r\r\nX: \n\r\n\r\n' >&"$fd"
    diff <(timeout 10 cat <&"$fd") <(printf '%s\n' "$greeting")
    exec {fd}>&-
    printf 'x\r\n\r\n' >&"$half"
    diff <(timeout 10 cat <&"$half") <(printf '%s\n' "$greeting")
    stop hello
}

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

@test "the echo server of protocols serves two nc on each selector, and Ctrl-C and SIGTERM end it with both there" {
    each_ending talk_to_echo
}

@test "without free descriptors the echo server of protocols rests, serves who is there, and goes on" {
    [ -r /proc/self/stat ] || skip "no /proc to read processor times from"
    start echo bash -c "ulimit -Sn 16; exec $BUILD/tested/$room/echo 0"
    fds=()
    for i in {0..19}; do
        connect "$port"
        fds+=("$fd")
        echo "line $i" >&"$fd"
    done
    expect_line "${fds[0]}" "line 0"
    complains echo "echo: a server cannot accept its clients, and tries again in a second"
    before=$(ticks "$pid")
    complains echo "Too many open files"
    echo "still here" >&"${fds[0]}"
    expect_line "${fds[0]}" "still here"
    for i in {0..18}; do exec {fds[i]}>&-; done
    expect_line "${fds[19]}" "line 19"
    # It has rested for a second, or for some, in between.
    [ $(($(ticks "$pid") - before)) -le 5 ]
    stop echo
}

# ---- The proxy -------------------------------------------------------------------------------------------

@test "through three proxies two nc talk to one echo server, on each selector" {
    for which in $(selectors); do
        export EDDY_SELECTOR=$which
        tmp=$BATS_TEST_TMPDIR/$which
        mkdir "$tmp"
        chain 3
        nc_open "ann" "$port"
        nc_open "bob" "$port"
        nc_say ann "I am Ann"
        nc_say bob "I am Bob"
        nc_hear bob "I am Bob"
        nc_hear ann "I am Ann"
        end_chain
    done
}

@test "10 MB go through three proxies to a reader that stops for a while: all of it, in order, and none grows" {
    [ -n "$(most_memory $$)" ] || skip "no /proc to read memory from"
    chain 3
    before=()
    for pid in "${chained[@]}"; do before+=("$(most_memory "$pid")"); done
    seq -f %09.0f 0 999999 > "$tmp/sent"
    connect "$port"
    cat "$tmp/sent" >&"$fd" 3>&- & # it stops, too, when all between is full
    started+=("$!")
    writer=$!
    head -c 10 <&"$fd" > "$tmp/heard" # the reader has begun, and now it stops, until nothing moves any more
    still
    for i in "${!chained[@]}"; do
        [ $(($(most_memory "${chained[i]}") - before[i])) -le 1024 ] ||
            grep -q fsanitize "$BUILD/flags" || { echo "number $i grew"; return 1; }
    done
    timeout 60 head -c 9999990 <&"$fd" >> "$tmp/heard"
    wait "$writer"
    cmp "$tmp/sent" "$tmp/heard"
    end_chain
}

@test "through three proxies that move one byte at a time all comes in order, too" {
    export EDDY_FAULTS=recv%1,send%1,sendmsg%1
    needs_half_close
    chain 3
    seq 1 5000 > "$tmp/sent"
    timeout 60 nc -N "$(localhost)" "$port" < "$tmp/sent" > "$tmp/heard" # and the end goes through, in both directions
    cmp "$tmp/sent" "$tmp/heard"
    end_chain
}

@test "a proxy whose server is not there says so, ends that client, and serves the next one when it is" {
    serve echo 0
    there=$port
    stop echo
    serve proxy "$there" 0
    connect "$port"
    hear_out "no way to port $there: Connection refused"
    timeout 10 cat <&"$fd"
    exec {fd}>&-
    proxy=$pid at=$port
    serve "echo-again" "$there"
    port=$at
    asks "who is there?" "who is there?"
    stop echo-again
    pid=$proxy
    stop proxy
}

@test "a proxy needs to be told of the other server" {
    for words in "" "--host"; do
        # shellcheck disable=SC2086
        run "$BUILD/chapters/$room/proxy" $words
        [[ $status -eq 1 && ${#lines[@]} -eq 1 && $output == "proxy: "* ]]
    done
    run "$BUILD/chapters/$room/proxy" nonsense 0
    [[ $status -eq 1 && $output == "proxy: "* && ${#lines[@]} -eq 1 ]]
}

# ---- Datagrams and paths -----------------------------------------------------------------------------------

talk_to_udp() {
    serve "udp-$1" --host 127.0.0.1 0
    for name in ann bob; do
        nc_to "${name}_$1" -u 127.0.0.1 "$port"
        nc_say "${name}_$1" "I am $name"
    done
    for name in bob ann; do nc_hear "${name}_$1" "I am $name"; done
    nc_say "bob_$1" "" # an empty line is one byte
    nc_hear "bob_$1" ""
    stop "udp-$1" "$2"
}

@test "udp sends two nc -u their datagrams back, on each selector, and Ctrl-C and SIGTERM end it" {
    needs_nc u
    each_ending talk_to_udp
}

@test "udp goes on after a client that is gone by the time of its answer" {
    needs_nc u
    serve udp --host 127.0.0.1 0
    exec {gone}<> "/dev/udp/127.0.0.1/$port"
    kill -STOP "$pid"
    echo "too late" >&"$gone"
    exec {gone}>&-
    kill -CONT "$pid"
    hear_out "9 bytes from 127.0.0.1:*"
    nc_to ann -u 127.0.0.1 "$port"
    nc_say ann "anybody?"
    nc_hear ann "anybody?"
    stop udp
}

talk_to_unix() {
    serve "unix-$1" "$tmp/door"
    nc_to "ann_$1" -U "$tmp/door"
    nc_to "bob_$1" -U "$tmp/door"
    for name in ann bob; do nc_say "${name}_$1" "I am $name"; done
    for name in bob ann; do nc_hear "${name}_$1" "I am $name"; done
    stop "unix-$1" "$2"
    [ ! -e "$tmp/door" ]
}

@test "unix serves two nc -U on each selector; Ctrl-C and SIGTERM end it and remove its path" {
    needs_nc U
    each_ending talk_to_unix
}

@test "unix takes a dead server's path, and neither a living one's nor a file's; a path too long is refused" {
    serve unix-1 "$tmp/door"
    run "$BUILD/tested/$room/unix" "$tmp/door"
    [[ $status -eq 1 && $output == *"unix: "*"Address "*"in use"*"ledger: nothing left"* ]]
    kill -KILL "$pid"
    wait "$pid" || :
    [ -S "$tmp/door" ]
    serve unix-2 "$tmp/door"
    stop unix-2
    echo "a letter" > "$tmp/door"
    run "$BUILD/tested/$room/unix" "$tmp/door"
    [[ $status -eq 1 && $output == *"unix: "*"Address "*"in use"*"ledger: nothing left"* ]]
    [ "$(cat "$tmp/door")" = "a letter" ]
    run "$BUILD/tested/$room/unix" "$tmp/$(printf '%0108d' 0)"
    [[ $status -eq 1 && $output == *"unix: "*"too long"*"ledger: nothing left"* ]]
}

# ---- All of them -----------------------------------------------------------------------------------------

servers="hello echo"

@test "a fault of any call of chapter 11's servers ends them with 0 or 1, and nothing is left: a sample" {
    for program in $servers; do
        # The echo server's are the smallest; make torture takes all.
        [[ $program == echo || -n ${EDDY_FULL:-} ]] || continue
        run "$BUILD/tests/faults/programs/programs" "$room/$program" "$BUILD/tested/$room/$program"
        [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    done
}

# What a client says that is there when faults come (talk_to).
words='GET / HTTP/1.1\r\n\r\n' answers=3

# What the calls of udp and a proxy may fail with.
plausible="socket=EMFILE connect=ECONNREFUSED accept=ECONNABORTED getsockname=ENOBUFS recv=ECONNRESET recvfrom=ENOMEM
    send=EPIPE sendmsg_many=EPIPE sendto=EPERM calloc=ENOMEM malloc=ENOMEM realloc=ENOMEM epoll_ctl_add=ENOSPC
    pthread_create=EAGAIN"

@test "a fault while udp or a proxy serves ends them with 0 or 1, and nothing is left: a sample" {
    serve echo 0
    number=0
    for command in "$room/udp --host 127.0.0.1" "$room/proxy $port"; do
        read -r -a argv <<< "$command"
        talk_to "${argv[0]}" "" "${argv[@]:1}"
        [ "$status" -eq 0 ]
        # shellcheck disable=SC2086
        for fault in $(faults_of 12 6 $plausible); do
            number=$((number + 1))
            talk_to "${argv[0]}" "$fault" "${argv[@]:1}"
            # It was ending by itself, and had given up its handlers already.
            if [ "$status" -eq 130 ]; then continue; fi
            [[ $status -le 1 && $(tail -n 1 "$tmp/err") == "ledger: nothing left"* ]] ||
                { echo "$command: EDDY_FAULTS=$fault: status $status"; cat "$tmp/err"; return 1; }
        done
    done
    echo "$number faults"
    [ "$number" -gt 10 ]
}

@test "Ctrl-C before any system call of hello, echo, udp or a proxy ends it tidily: a sample" {
    serve echo 0
    interrupted 17 $room/hello $room/echo "$room/udp --host 127.0.0.1" "$room/proxy $port"
}

@test "in debug mode chapter 11's programs have nothing to report, and SIGUSR1 shows who waits for what" {
    for program in $servers; do
        EDDY_DEBUG=1 serve "$program" 0
        connect "$port"
        printf 'GET / HTTP/1.1\r\n\r\n' >&"$fd"
        read -r -t 10 -u "$fd" line
        kill -USR1 "$pid"
        complains "$program" "task 1: serving (chapters/$room/serving.h:[0-9]*) awaits "
        stop "$program"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$program.err")" -eq 0 ] || { cat "$tmp/$program.err"; return 1; }
    done
}

# ---- The traps -------------------------------------------------------------------------------------------

@test "a piece of a stream is no line: bytes come cut anywhere" {
    prints trap-piece "the prices: 3, 4, 12" "a piece is a price: 6" "a line is a price: 19"
}

@test "a sender that writes until it is done fills the memory; one that listens to its marks does not" {
    prints trap-flood "a sender that does not listen: 64.0 MB wait: it is more than the limit allows" \
        "a sender that listens:  0.1 MB wait: the sender waits"
}

@test "to remove what is in the way takes a living server's place, and somebody's file; to ask first does not" {
    prints trap-stale "remove it, and listen:" "  a dead server's socket: I listen" \
        "  a living server's socket: I listen, the server is lost" "  a letter: I listen, the letter is lost" \
        "ask first:" "  a dead server's socket: I listen" \
        "  a living server's socket: EADDRINUSE, the server is well" "  a letter: EADDRINUSE, the letter is well"
}

@test "an empty datagram is a message; whoever takes it for the end can be shut down by anybody" {
    prints trap-empty "three postcards are sent" "0 bytes are the end: 1 has come" "0 bytes are a card: 3 have come"
}

# ---- The command line --------------------------------------------------------------------------------------

@test "--help of chapter 11's demos says what they do, and what they cannot understand is one clear line" {
    for program in $servers udp proxy unix; do
        run "$BUILD/chapters/$room/$program" --help
        [[ $status -eq 0 && $output == "usage: $program "* ]] || { echo "$output"; return 1; }
    done
    for program in $servers udp "proxy 1"; do
        # shellcheck disable=SC2086
        run "$BUILD/chapters/$room/"$program nonsense
        [ "$status" -eq 1 ]
        [ "$output" = "${program% *}: 'nonsense': not a port: a port is a whole number from 0 to 65535; try --help" ]
    done
    run "$BUILD/chapters/$room/unix"
    [[ $status -eq 1 && $output == "usage: unix PATH"* ]]
    run "$BUILD/chapters/$room/proxy" --help
    [[ ${lines[0]} == "usage: proxy ITS_PORT [--host HOST] [PORT]" ]]
}

@test "a port that is taken, or no memory, is one clear line of chapter 11's servers, and status 1" {
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
