# Chapter 6: tasks as a person meets them: the echo server in straight-line code, the classics of one
# and slow, the desk, the chat room and the scanner; and what signals do to them.

load support/helpers

echo=06-tasks/echo
chat=06-tasks/chat
lookup=06-tasks/lookup
scan=06-tasks/scan
hello=06-tasks/hello
slow=06-tasks/slow
one=06-tasks/one
talk=06-tasks/talk

ann="ann is in team tools on floor 3: call 303"
carl="carl is in team press on floor 1: call 101"

# ---- The echo server -----------------------------------------------------------------------------

@test "the echo server serves two nc on each selector, and Ctrl-C and SIGTERM end it tidily with both there" {
    for which in $(selectors); do
        for signal in INT TERM; do
            EDDY_SELECTOR=$which start echo-$which-$signal "$BUILD/tested/$echo" 0
            nc_open ann_${which}_$signal "$port"
            nc_open bob_${which}_$signal "$port"
            nc_say bob_${which}_$signal "I am Bob"
            nc_hear bob_${which}_$signal "I am Bob"
            nc_say ann_${which}_$signal "and I am Ann"
            nc_hear ann_${which}_$signal "and I am Ann"
            stop echo-$which-$signal $signal
        done
    done
}

# start_traced PROGRAM: the echo server, with strace behind it (-D: `pid` is the server's).
start_traced() {
    needs_strace
    [[ " $(selectors | tr '\n' ' ')" == *" epoll "* ]] || skip "the budget is one for epoll"
    mkfifo "$tmp/traced"
    cat "$tmp/traced" > "$tmp/calls" 3>&- & # ends when strace does
    tracer=$!
    started+=("$tracer")
    start echo strace -D -qq -o "$tmp/traced" "$1" 0
    cat <&"$out" > /dev/null 3>&- &
    started+=("$!")
}

# end_traced: ends the server; its last call is in the file then.
end_traced() {
    kill -TERM "$pid"
    wait "$pid" || :
    wait "$tracer"
    sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$tmp/calls" | sort | uniq -c | awk '{ print $2, $1 }' > "$tmp/counts"
}

# at_most CALL N: it was made so often, over the whole life of the server.
at_most() {
    local n
    n=$(awk -v call="$1" '$1 == call { print $2 }' "$tmp/counts")
    [ "${n:-0}" -le "$2" ] || { echo "$1 was called $n times; at most $2 were expected"; return 1; }
}

@test "a short connection costs two accept4, two recv, one send, one close and two epoll_ctl, and no more" {
    local fds=() n=100
    start_traced "$BUILD/chapters/$echo"
    # All have said their word before the server is in the way: so it finds it at the first try.
    kill -STOP "$pid"
    for ((i = 0; i < n; i++)); do
        connect "$port"
        fds+=("$fd")
        echo "hello" >&"$fd"
    done
    kill -CONT "$pid"
    for fd in "${fds[@]}"; do
        expect_line "$fd" "hello"
        exec {fd}>&-
    done
    connect "$port" # when this one has been served, the others have been seen to go
    echo "last" >&"$fd"
    expect_line "$fd" "last"
    exec {fd}>&-
    end_traced
    # What the server needs for itself is less than one call for each connection.
    at_most accept4 $((2 * n + 20))
    at_most recvfrom $((2 * n + 20))
    at_most sendto $((n + 20))
    at_most close $((n + 30))
    at_most epoll_ctl $((2 * n + 20))
    for call in $(awk '{ print $1 }' "$tmp/counts"); do
        [[ " accept4 recvfrom sendto close epoll_ctl epoll_wait getpeername write " == *" $call "* ]] ||
            at_most "$call" $((n - 30))
    done
}

@test "a message costs one wait, one recv and one send, and no epoll_ctl" {
    start_traced "$BUILD/chapters/$echo"
    connect "$port"
    for i in {1..200}; do
        echo "message $i" >&"$fd"
        expect_line "$fd" "message $i"
    done
    exec {fd}>&-
    end_traced
    at_most epoll_wait 220
    at_most recvfrom 205
    at_most sendto 202
    at_most epoll_ctl 20
    at_most accept4 10
}

@test "what accept(2) says to pass over is passed over: the next client is served at once" {
    needs_strace
    local number=0
    for error in ECONNABORTED EPROTO ENETDOWN ENOPROTOOPT EHOSTDOWN ENONET EHOSTUNREACH EOPNOTSUPP ENETUNREACH; do
        for program in 01-select-echo/echo $echo; do
            number=$((number + 1))
            start echo$number strace -D -qq -o /dev/null -e trace=accept4,accept \
                -e inject=accept4,accept:error=$error:when=1 "$BUILD/chapters/$program" 0
            connect "$port"
            echo "hello" >&"$fd"
            expect_line "$fd" "hello"
            exec {fd}>&-
            kill -TERM "$pid"
            wait "$pid"
            ! grep -q "no more clients" "$tmp/echo$number.err"
        done
    done
}

@test "a thousand clients are served at once, each by a task of its own" {
    needs_descriptors 2500
    start echo bash -c "ulimit -Sn 2500; exec $BUILD/tested/$echo 0"
    cat <&"$out" > /dev/null 3>&- & # it prints who comes and goes, and waits while nobody takes that
    started+=("$!")
    local fds=()
    for i in {0..999}; do
        connect "$port"
        fds+=("$fd")
        echo "line $i" >&"$fd"
    done
    for i in {999..0}; do
        read -r -u "${fds[i]}" line # without -t: for that bash asks select()
        [ "$line" = "line $i" ] || { echo "client $i heard: $line"; return 1; }
    done
    stop echo
}

@test "a client beyond select's FD_SETSIZE is shown out, and those before it are served on" {
    needs_descriptors 2500
    EDDY_SELECTOR=select start echo bash -c "ulimit -Sn 2500; exec $BUILD/tested/$echo 0"
    local fds=()
    for i in {0..1029}; do
        connect "$port"
        fds+=("$fd")
    done
    hear_out "*closed: *"
    echo "the thousandth" >&"${fds[999]}"
    expect_line "${fds[999]}" "the thousandth"
    stop echo
}

@test "without a free descriptor echo rests, uses no CPU, and serves who waits when one is free" {
    survives_without_descriptors echo "$BUILD/tested/$echo"
}

@test "a client that leaves in the middle of what is sent to it harms nobody" {
    start echo "$BUILD/tested/$echo" 0
    connect "$port"
    (exec head -c 30000000 /dev/zero >&"$fd" 2> /dev/null 3>&-) & # and nobody reads the answers
    talker=$!
    started+=("$talker")
    hear_out "*connected*"
    exec {fd}>&-
    kill -9 "$talker"
    hear_out "*closed*"
    asks hello hello
    stop echo
}

@test "in debug mode the servers have nothing to report, and SIGUSR1 shows who waits where" {
    for program in $echo $chat $lookup; do
        name=${program#*/}
        EDDY_DEBUG=1 start "$name" "$BUILD/tested/$program" 0
        connect "$port"
        hear_out "*" # it prints who comes, or what can be done
        echo hello >&"$fd"
        read -r -t 10 -u "$fd" line
        kill -USR1 "$pid"
        for i in {1..200}; do
            ! grep -q "tasks$" "$tmp/$name.err" || break
            read -r -t 0.05 -u "$fd" line || :
        done
        grep -q "task 1: $name (chapters/$program.c:[0-9]*) awaits " "$tmp/$name.err" || { cat "$tmp/$name.err"; return 1; }
        stop "$name"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

# ---- Ctrl-C, at any moment ------------------------------------------------------------------------

# What a client says that is there when faults come (talk_to).
words='ann\nhello\n' answers=1

@test "Ctrl-C before any system call of a server ends it tidily" {
    interrupted 7 $echo $chat $lookup
}

@test "slow, hello and scan can be interrupted while they wait, and leave nothing" {
    for which in $(selectors); do
        case $which in select) call=pselect ;; epoll) call=epoll_wait ;; *) call=$which ;; esac
        for signal in SIGINT SIGTERM; do
            for program in $slow $hello; do
                EDDY_SELECTOR=$which EDDY_FAULTS=$call@1=$signal,select@1=$signal run "$BUILD/tested/$program"
                [ "$status" -eq 0 ]
                [[ $output == *"ledger: nothing left"* && $output != *World* ]] || { echo "$output"; return 1; }
            done
        done
        EDDY_SELECTOR=$which EDDY_FAULTS=connect@7=SIGINT run "$BUILD/tested/$scan" 127.0.0.1 1 400
        [ "$status" -eq 0 ]
        [[ ${lines[-1]} == "ledger: nothing left"* && $output != *" without an answer"* ]] || { echo "$output"; return 1; }
    done
}

# ---- The classics ----------------------------------------------------------------------------------

@test "one prints the result of its coroutine" {
    run "$BUILD/tested/$one"
    [ "$status" -eq 0 ]
    grep -qx 1 <<< "$output"
    grep -q "^ledger: nothing left" <<< "$output"
}

@test "the slow operation is done after a second" {
    before=$(date +%s%N)
    run "$BUILD/tested/$slow"
    after=$(date +%s%N)
    [ "$status" -eq 0 ]
    [[ $output == *"future is done"* && $output == *"ledger: nothing left"* ]]
    [ $(((after - before) / 1000000)) -ge 990 ] || { echo "after $(((after - before) / 1000000)) ms"; return 1; }
}

@test "hello sleeps for a second between its two words" {
    before=$(date +%s%N)
    run "$BUILD/tested/$hello"
    after=$(date +%s%N)
    [ "$status" -eq 0 ]
    [[ $output == *"Hello ..."$'\n'"... World!"* && $output == *"ledger: nothing left"* ]] || { echo "$output"; return 1; }
    [ $(((after - before) / 1000000)) -ge 990 ] || { echo "after $(((after - before) / 1000000)) ms"; return 1; }
}

@test "one, slow and hello without memory are one clear line and status 1" {
    for program in $one $slow $hello; do
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$program"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "${program#*/}: "*emory* ]]
        [[ ${lines[1]} == "ledger: nothing left"* ]]
    done
}

# ---- The desk and the room -------------------------------------------------------------------------

@test "the desk answers twenty at once, in the time of one, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start lookup-$which "$BUILD/tested/$lookup" --seconds 0.25 0
        before=$(date +%s%N)
        local fds=()
        for i in {0..19}; do
            connect "$port"
            fds+=("$fd")
            echo ann >&"$fd"
        done
        for i in {0..19}; do expect_line "${fds[i]}" "$ann"; done
        after=$(date +%s%N)
        # Three books of 0.25 seconds each; one after the other, the twenty would take 15 seconds.
        [ $(((after - before) / 1000000)) -ge 745 ]
        [ $(((after - before) / 1000000)) -lt 12000 ] || { echo "after $(((after - before) / 1000000)) ms"; return 1; }
        stop lookup-$which
    done
}

@test "clients that leave while they are looked up for harm nobody, and Ctrl-C leaves nothing" {
    start lookup "$BUILD/tested/$lookup" --seconds 0.05 0
    for i in {0..9}; do
        connect "$port"
        printf 'ann\ncarl\n' >&"$fd"
        exec {fd}>&-
    done
    asks carl "$carl"
    for i in {0..10}; do hear_out "*closed*"; done
    connect "$port"
    hear_out "*connected*"
    echo ann >&"$fd"
    stop lookup
}

@test "in the chat room, what one says all others read, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start chat-$which "$BUILD/tested/$chat" 0
        nc_open ann_$which "$port"
        nc_hear ann_$which "Your name?"
        nc_say ann_$which "Ann"
        nc_hear ann_$which "Welcome, Ann."
        nc_open bob_$which "$port"
        nc_hear bob_$which "Your name?"
        nc_say bob_$which "Bob"
        nc_hear bob_$which "Welcome, Bob."
        nc_hear ann_$which "Bob has come"
        nc_say ann_$which "hello, Bob"
        nc_hear bob_$which "Ann: hello, Bob"
        nc_say bob_$which "hello"
        nc_hear ann_$which "Bob: hello"
        stop chat-$which
    done
}

@test "a name that is taken, empty or too long is asked for again; who leaves is announced" {
    start chat "$BUILD/tested/$chat" 0
    connect "$port"
    ann=$fd
    printf 'Ann\n' >&"$ann"
    expect_line "$ann" "Your name?"
    expect_line "$ann" "Welcome, Ann."
    connect "$port"
    printf 'Ann\n\na name of thirty letters or more\nBob\n\033[2Jboo\n' >&"$fd"
    for line in "Your name?" "Ann is here already. Your name?" "a name has 1 to 20 letters. Your name?" \
        "a name has 1 to 20 letters. Your name?" "Welcome, Bob."; do
        expect_line "$fd" "$line"
    done
    expect_line "$ann" "Bob has come"
    expect_line "$ann" "Bob: ?[2Jboo"
    exec {fd}>&-
    expect_line "$ann" "Bob has gone"
    stop chat
}

@test "a guest who does not read is shown out, and the others do not wait for it" {
    start chat "$BUILD/tested/$chat" 0
    cat <&"$out" > /dev/null 3>&- & # it prints the talk, and waits while nobody takes that
    started+=("$!")
    mkfifo "$tmp/ann.in" "$tmp/gone"
    nc "$(localhost)" "$port" < "$tmp/ann.in" 2> /dev/null 3>&- | grep -m 1 "Sloth has gone" > "$tmp/gone" 3>&- &
    exec {ann}> "$tmp/ann.in" {gone}< "$tmp/gone"
    echo Ann >&"$ann"
    connect "$port"
    printf 'Sloth\n' >&"$fd" # and never reads
    expect_line "$fd" "Your name?"
    expect_line "$fd" "Welcome, Sloth."
    nc_open bob "$port"
    nc_say bob Bob
    nc_hear bob "Your name?"
    nc_hear bob "Welcome, Bob."
    # Bob talks until the kernel's buffers for Sloth are full, and the room's; Ann reads all of it.
    yes "$(printf '%0400d' 7)" >&"$say_bob" 2> /dev/null 3>&- &
    started+=("$!")
    expect_line "$gone" "Sloth has gone"
    stop chat
}

# ---- The scanner --------------------------------------------------------------------------------------

@test "scan tells an open port from closed ones, on each selector" {
    start echo "$BUILD/tested/$echo" --host 127.0.0.1 0
    for which in $(selectors); do
        EDDY_SELECTOR=$which run "$BUILD/tested/$scan" 127.0.0.1 "$port" "$port"
        [ "$status" -eq 0 ]
        [ "${lines[0]}" = "port $port is open" ]
        [ "${lines[1]}" = "1 open, 0 closed, 0 without an answer" ]
        [[ ${lines[2]} == "ledger: nothing left"* ]]
    done
    stop echo
    run "$BUILD/tested/$scan" 127.0.0.1 "$port" "$port"
    [ "${lines[0]}" = "0 open, 1 closed, 0 without an answer" ]
}

@test "scan without enough descriptors, or with a wrong port, is one clear line" {
    run bash -c "ulimit -Sn 16; exec $BUILD/tested/$scan 127.0.0.1 1 50"
    [[ ${lines[-1]} == "ledger: nothing left"* ]]
    for bad in "0 1" "2 1" "x 1" "1 65536"; do
        # shellcheck disable=SC2086
        run "$BUILD/tested/$scan" 127.0.0.1 $bad
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "usage: scan "* ]]
    done
}

# ---- The keyboard --------------------------------------------------------------------------------

# start_talk FILE: whatever is in the file is typed.
start_talk() {
    # shellcheck disable=SC2016
    start talk sh -c 'exec "$1" 0 < "$2"' - "$BUILD/tested/$talk" "$1"
}

# ends_with LINE...: it prints these, and then ends, with nothing left.
ends_with() {
    local line
    for line; do expect_line "$out" "$line"; done
    wait "$pid"
    grep -q '^ledger: nothing left' "$tmp/talk.err" || { cat "$tmp/talk.err"; return 1; }
}

@test "talk: what is typed goes to an nc, what that says comes to the screen, on each selector" {
    for which in $(selectors); do
        mkfifo "$tmp/keys-$which"
        exec {keys}<> "$tmp/keys-$which"
        EDDY_SELECTOR=$which start_talk "$tmp/keys-$which"
        nc_open "guest_$which" "$port" 127.0.0.1
        hear_out "*somebody is there*"
        echo "good evening" >&"$keys"
        nc_hear "guest_$which" "good evening"
        nc_say "guest_$which" "is it?"
        expect_line "$out" "is it?"
        kill "${started[-1]}" # the guest hangs up
        ends_with "talk: the guest has gone"
        exec {keys}>&-
        rm -f "$tmp/talk.out"
    done
}

@test "talk: when the keyboard ends the guest is told, and may still speak" {
    mkfifo "$tmp/keys"
    exec {keys}<> "$tmp/keys"
    start_talk "$tmp/keys"
    exec {end}> "$tmp/keys" {keys}>&- # the writing end alone
    connect "$port"
    echo "last words" >&"$end"
    expect_line "$fd" "last words"
    exec {end}>&-
    ! read -r -t 10 -u "$fd" || { echo "more came"; return 1; }
    echo "good night" >&"$fd"
    hear_out "good night"
    exec {fd}>&-
    ends_with "talk: the guest has gone"
}

@test "talk: the keyboard may be a file, or /dev/null, and Ctrl-C ends it tidily with the guest there" {
    printf 'one\ntwo\n' > "$tmp/typed"
    for typed in "$tmp/typed" /dev/null; do
        start_talk "$typed"
        connect "$port"
        [ "$typed" = /dev/null ] || { expect_line "$fd" one && expect_line "$fd" two; }
        ! read -r -t 10 -u "$fd" || { echo "more came"; return 1; }
        stop talk
        exec {fd}>&-
        rm -f "$tmp/talk.out"
    done
}

# ---- The command line ----------------------------------------------------------------------------

@test "--help names each demo's options, and the port unless one is given" {
    run "$BUILD/chapters/$echo" --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: echo "*"25000 unless given"* ]]
    for program in $chat $lookup $scan $slow $one $hello $talk; do
        run "$BUILD/chapters/$program" --help
        [ "$status" -eq 0 ]
        [[ ${lines[0]} == "usage: ${program#*/}"* ]]
    done
}

@test "a selector that this build does not have is one clear line of each demo, status 1, and nothing left" {
    for command in "$echo 0" "$chat 0" "$lookup 0" "$talk 0" $slow $one $hello; do
        # shellcheck disable=SC2086
        EDDY_SELECTOR=kqueue run "$BUILD/tested/"$command
        [ "$status" -eq 1 ]
        [[ $output == *": this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"* ]]
        [[ ${lines[-1]} == "ledger: nothing left"* ]]
    done
}
