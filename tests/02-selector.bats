# Chapter 2: the echo server on every selector, and the chat room.

load support/helpers

echo=02-selector/echo
chat=02-selector/chat

@test "the echo server says which selector it waits with, and serves two nc on each" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which start echo-$which "$BUILD/tested/$echo" 0
        read -r -t 10 -u "$out" _
        read -r -t 10 -u "$out" line
        [ "$line" = "echo: waiting with $which" ]
        nc_open ann_$which "$port"
        nc_open bob_$which "$port"
        nc_say bob_$which "I am Bob"
        nc_hear bob_$which "I am Bob"
        nc_say ann_$which "and I am Ann"
        nc_hear ann_$which "and I am Ann"
        stop echo-$which
    done
}

@test "the kernel is asked with the system call that was named" {
    command -v strace > /dev/null || skip "strace is not installed"
    for which in $(selectors); do
        strace -o "$tmp/$which.trace" -e trace=select,pselect6,poll,ppoll,epoll_wait,epoll_pwait true 2> /dev/null ||
            skip "strace is not allowed here"
        start traced-$which env EDDY_SELECTOR=$which strace -D -o "$tmp/$which.trace" \
            -e trace=select,pselect6,poll,ppoll,epoll_wait,epoll_pwait "$BUILD/tested/$echo" 0
        connect "$port"
        echo hello >&"$fd"
        expect_line "$fd" hello
        exec {fd}>&-
        kill -TERM "$pid"
        wait "$pid" || :
        case $which in
        select) grep -q 'select' "$tmp/$which.trace" ;;
        poll) grep -q 'poll(' "$tmp/$which.trace" && ! grep -q epoll "$tmp/$which.trace" ;;
        epoll) grep -q 'epoll_p\?wait' "$tmp/$which.trace" ;;
        esac || { echo "$which:"; cat "$tmp/$which.trace"; return 1; }
    done
}

@test "an unknown EDDY_SELECTOR is one clear line, status 1, and nothing left" {
    for program in $echo $chat; do
        EDDY_SELECTOR=kqueue run "$BUILD/tested/$program" 0
        [ "$status" -eq 1 ]
        [[ $output == *"${program#*/}: this build has no selector of that name (EDDY_SELECTOR: epoll, poll or select)"* ]]
        [[ ${lines[-1]} == "ledger: nothing left"* ]]
    done
}

@test "more clients than FD_SETSIZE are served, where chapter 1 refuses them" {
    needs_descriptors 2500
    EDDY_SELECTOR=poll start echo "$BUILD/tested/$echo" 0
    for i in {0..1099}; do connect "$port"; done
    echo "the last of 1100" >&"$fd"
    read -r -u "$fd" line # without -t: for that bash asks select(), which cannot watch this one
    [ "$line" = "the last of 1100" ]
    stop echo
}

@test "without a free descriptor it goes on, uses no CPU, and serves who waits when one is free, on each selector" {
    for which in $(selectors); do
        EDDY_SELECTOR=$which survives_without_descriptors "echo-$which" "$BUILD/tested/$echo"
    done
}

@test "a client beyond select's FD_SETSIZE is refused, and those before it are served on" {
    needs_descriptors 2500
    EDDY_SELECTOR=select start echo "$BUILD/tested/$echo" 0
    local fds=()
    for i in {0..1029}; do
        connect "$port"
        fds+=("$fd")
    done
    echo "the thousandth" >&"${fds[999]}"
    expect_line "${fds[999]}" "the thousandth"
    complains echo "no more clients for now"
    stop echo
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

@test "a name that is taken, empty or too long is asked for again" {
    start chat "$BUILD/tested/$chat" 0
    nc_open ann "$port"
    nc_say ann "Ann"
    nc_hear ann "Your name?"
    nc_hear ann "Welcome, Ann."
    nc_open bob "$port"
    nc_say bob "Ann"
    nc_say bob ""
    nc_say bob "a name of thirty letters or more"
    nc_say bob "Bob"
    for line in "Your name?" "Ann is here already. Your name?" "a name has 1 to 20 letters. Your name?" \
        "a name has 1 to 20 letters. Your name?" "Welcome, Bob."; do
        nc_hear bob "$line"
    done
    nc_hear ann "Bob has come"
    stop chat
}

@test "who leaves is announced, and control characters do not reach others' terminals" {
    start chat "$BUILD/tested/$chat" 0
    connect "$port"
    ann=$fd
    printf 'Ann\n' >&"$ann"
    expect_line "$ann" "Your name?"
    expect_line "$ann" "Welcome, Ann."
    connect "$port"
    printf 'Bob\n\033[2Jboo\n' >&"$fd"
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

# The other chapters' tests run on such a build in tests/rest/posix.bats.
@test "the build for POSIX alone has poll and select, and passes the same tests" {
    posix="$BUILD/posix"
    run make -s --no-print-directory "BUILD=$posix" POSIX_ONLY=1 OPT=-O0 "$posix/tests/02-selector/selector"
    [ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$output"; return 1; }
    [ "$(sh tests/support/selectors.sh "$posix" | tr '\n' ' ')" = "poll select " ]
    run "$posix/tests/02-selector/selector"
    [ "$status" -eq 0 ]
    run grep -c epoll <(nm "$posix/stage-02/libeddy.a")
    [ "$output" -eq 0 ]
}
