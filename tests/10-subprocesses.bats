# Chapter 10: programs as peers, as a person meets them: the server that runs commands, ping, the terminal's
# chat, the supervisor, the echo server; what signals and faults do to them; and the chapter's traps.

load support/helpers

room=10-subprocesses
commands=$room/commands

# endings: each selector with a signal that ends a program, and the first one with both.
endings() {
    selectors | awk '{ print $1, NR % 2 ? "INT" : "TERM" } NR == 1 { print $1, "TERM" }'
}

# soon COMMAND...: this succeeds, now or within seconds. (Of a process that is not its child nobody is told.)
soon() {
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        ! "$@" || return 0
        sleep 0.01
    done
    return 1
}

# (An orphan may be a zombie of the system's for some time.)
has_ended() {
    local state
    state=$(ps -o stat= -p "$1") || return 0
    [[ $state == Z* ]]
}

gone() { soon has_ended "$1" || { echo "process $1 still runs"; return 1; }; }

# child_of PID: its child, now or soon.
child_of() { soon pgrep -P "$1"; }

has_no_child() { ! pgrep -P "$pid" > /dev/null; }

# no_child: the program that runs has none, nor a zombie, now or soon.
no_child() { soon has_no_child || { ps -o pid,stat,args --ppid "$pid"; return 1; }; }

# ---- The server that runs commands -------------------------------------------------------------------

@test "commands runs date and sort for two nc, on each selector, and Ctrl-C and SIGTERM end it with all that run" {
    while read -r which signal <&4; do
        at=${which}_$signal
        EDDY_SELECTOR=$which start commands-$at "$BUILD/tested/$commands" --pause 1000 0
        nc_open ann_$at "$port"
        nc_open bob_$at "$port"
        for line in sort pear "apple; date" '$(date)' .; do nc_say ann_$at "$line"; done
        nc_say bob_$at "count"
        nc_hear bob_$at "1"
        for line in '$(date)' "apple; date" pear "exit 0"; do nc_hear ann_$at "$line"; done
        counter=$(child_of "$pid")
        sleeper=$(child_of "$counter")
        stop commands-$at $signal
        gone "$counter"
        gone "$sleeper"
    done 4< <(endings)
}

@test "each command has its answer; what is none is refused, and an argument means itself, whatever is in it" {
    start commands "$BUILD/tested/$commands" --pause 0.001 0
    connect "$port"
    mkdir "$tmp/a b; echo \$(date)"
    touch "$tmp/unharmed"
    printf '%s\n' list date uptime "du $tmp/a b; echo \$(date)" "du ; rm $tmp/unharmed" "rm $tmp/unharmed" "date +%s" du \
        "du --help" "" count next >&"$fd"
    for line in "date: what time it is here" "uptime: how long this machine has been running" \
        "du: DIRECTORY: how many kilobytes it takes" "sort: the lines that you type next, up to a dot" \
        "count: from 1 to 5, slowly; stop ends it" "*20[0-9][0-9]*" "exit 0" "*load*" "exit 0" \
        "[0-9]*$tmp/a b; echo \$(date)" "exit 0" "du:*; rm $tmp/unharmed*" "exit 1" "rm: there is no such command; try list" \
        "date: it takes no argument" "du: it needs an argument; try list" "du:*--help*" "exit 1" \
        ": there is no such command; try list" 1 2 3 4 5 "exit 0" "next: there is no such command; try list"; do
        heard "$line"
    done
    [ -e "$tmp/unharmed" ]
    no_child
    stop commands
}

@test "stop ends a command with all its children, and the client goes on" {
    start commands "$BUILD/tested/$commands" --pause 1000 0
    connect "$port"
    printf 'count\nstop\n' >&"$fd"
    heard 1 || [[ $line == "signal 15" ]] # it may be stopped before it counts
    [[ $line != 1 ]] || heard "signal 15"
    echo "count" >&"$fd"
    heard 1
    counter=$(child_of "$pid")
    sleeper=$(child_of "$counter")
    echo "stop" >&"$fd"
    heard "signal 15"
    gone "$sleeper"
    no_child
    echo "date" >&"$fd"
    heard "*20[0-9][0-9]*"
    heard "exit 0"
    stop commands
}

@test "a client that leaves ends its command, also one that is silent; others go on" {
    start commands "$BUILD/tested/$commands" --pause 1000 0
    connect "$port"
    ann=$fd
    connect "$port"
    echo "count" >&"$fd"
    read -r -t 10 -n 1 -u "$fd" line # and not the newline: with something unread, the connection is reset
    counter=$(child_of "$pid")
    exec {fd}>&-
    gone "$counter"
    no_child
    fd=$ann
    echo "date" >&"$fd"
    heard "*20[0-9][0-9]*"
    stop commands
}

@test "a client that has said all still gets the output of its last command" {
    needs_half_close
    start commands "$BUILD/tested/$commands" --pause 0.001 0
    printf 'count\nsort\npear\napple\n' | nc -N "$(localhost)" "$port" > "$tmp/heard"
    diff "$tmp/heard" <(printf '%s\n' 1 2 3 4 5 "exit 0" apple pear "exit 0")
    stop commands
}

# ---- ping ----------------------------------------------------------------------------------------------

# stand_in TEXT: what comes first in PATH as `ping` is a shell's text.
stand_in() {
    mkdir -p "$tmp/bin"
    printf '#!/bin/sh\n%s\n' "$1" > "$tmp/bin/ping"
    chmod +x "$tmp/bin/ping"
}

@test "ping prints each line as it comes, on each selector, then how ping has ended" {
    mkfifo "$tmp/go"
    stand_in "echo \"\$*\"; read line < $tmp/go; echo \"\$line\"; printf 'and no newline'; exit \$line"
    for which in $(selectors); do
        for code in 0 2; do
            PATH=$tmp/bin:$PATH EDDY_SELECTOR=$which start ping_${which}_$code "$BUILD/tested/$room/ping" "a b; c"
            [ "$first" = "-c 4 a b; c" ]
            echo $code > "$tmp/go" # it has printed the first line before
            hear_out $code
            hear_out "and no newlineexit $code"
            status=0
            wait "$pid" || status=$?
            [ "$status" -eq $((code != 0)) ]
        done
    done
}

@test "Ctrl-C and SIGTERM end ping and the ping that it runs; one that is killed is told by its signal" {
    stand_in "echo \$\$; exec sleep 1000"
    for signal in INT TERM; do
        PATH=$tmp/bin:$PATH start ping_$signal "$BUILD/tested/$room/ping"
        stop ping_$signal $signal
        gone "$first"
    done
    PATH=$tmp/bin:$PATH start ping "$BUILD/tested/$room/ping"
    kill -KILL "$first"
    hear_out "signal 9"
}

@test "where there is no ping, that is one clear line of ping, and status 1" {
    PATH=$tmp/none EDDY_SELECTOR='' run "$BUILD/tested/$room/ping"
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == "ping: cannot run ping: No such file or directory" && ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
    run "$BUILD/chapters/$room/ping" --help
    [[ $status -eq 0 && $output == "usage: ping [HOST]"* ]]
    run "$BUILD/chapters/$room/ping" -x
    [[ $status -eq 1 && $output == "usage: ping "* ]]
}

# ---- The chat of a terminal ----------------------------------------------------------------------------

# start_lines NAME: lines, whose standard input is a pipe with our end in `typed`.
start_lines() {
    rm -f "$tmp/typed"
    mkfifo "$tmp/typed"
    exec {typed}<> "$tmp/typed"
    start "$1" sh -c "exec $BUILD/tested/$room/lines 0 < $tmp/typed"
}

@test "lines sends what is typed to two nc, and prints what they say, on each selector; Ctrl-C and SIGTERM end it" {
    for which in $(selectors); do
        for signal in INT TERM; do
            at=${which}_$signal
            export EDDY_SELECTOR=$which
            start_lines lines-$at
            nc_open ann_$at "$port"
            hear_out "guest 1 has come"
            nc_open bob_$at "$port"
            hear_out "guest 2 has come"
            echo "hello, both" >&"$typed"
            nc_hear ann_$at "hello, both"
            nc_hear bob_$at "hello, both"
            nc_say bob_$at $'hello,\ttoo'
            hear_out "guest 2: hello,[?]too"
            stop lines-$at $signal
            exec {typed}>&-
        done
    done
}

@test "a file is read as a terminal is; after its end the guests still talk" {
    start lines sh -c "exec $BUILD/tested/$room/lines 0 < tests/10-subprocesses.bats"
    hear_out "lines: nobody types any more"
    connect "$port"
    echo "anybody there?" >&"$fd"
    hear_out "guest 1: anybody there[?]"
    stop lines
}

@test "a guest that does not read is shown out, and holds up neither the terminal nor the others" {
    start_lines lines
    connect "$port"
    hear_out "guest 1 has come"
    cat <&"$fd" > /dev/null 3>&- &
    started+=("$!")
    connect "$port"
    hear_out "guest 2 has come"
    (exec 3>&-; exec yes "a line of some length, again and again, for somebody who does not read any of it") > "$tmp/typed" &
    started+=("$!")
    hear_out "guest 2 has gone"
    stop lines
}

# ---- The supervisor ------------------------------------------------------------------------------------

supervisor=$room/supervisor

@test "the supervisor starts what it is given, tells nc of it, stops and starts it, on each selector, and ends it by Ctrl-C and SIGTERM" {
    while read -r which signal <&4; do
        at=${which}_$signal
        EDDY_SELECTOR=$which start supervisor-$at "$BUILD/tested/$supervisor" 0 "web=sleep 1000" "log=sleep 1001"
        hear_out "log: runs"
        children=$(pgrep -P "$pid" | paste -s -d ' ')
        [[ $children == *" "* ]]
        nc_open ann_$at "$port"
        nc_say ann_$at "status"
        nc_hear ann_$at "web: runs"
        nc_hear ann_$at "log: runs"
        nc_say ann_$at "stop web"
        nc_hear ann_$at "web: stopped"
        [[ " $children " == *" $(pgrep -P "$pid") "* ]]
        nc_say ann_$at "status"
        nc_hear ann_$at "web: stopped"
        nc_hear ann_$at "log: runs"
        nc_say ann_$at "start web"
        nc_hear ann_$at "web: runs"
        nc_say ann_$at "stop all"
        nc_hear ann_$at "stop all: no such command or program; try status, stop NAME or start NAME"
        children="$children $(pgrep -P "$pid")"
        stop supervisor-$at $signal
        for child in $children; do gone "$child"; done
        diff <(cat <&"$out" | tail -n 4) <(printf '%s\n' "log: ends" "log: stopped" "web: ends" "web: stopped")
    done 4< <(endings)
}

@test "what dies is started again, five times; then it is given up, and can be started by hand" {
    start supervisor "$BUILD/tested/$supervisor" --pause 0.001 0 "sick=sh -c kill\${IFS}-9\${IFS}\$\$" "none=$tmp/none"
    hear_out "sick: given up, after 5 deaths in a row"
    connect "$port"
    printf 'status\nstart sick\n' >&"$fd"
    heard "sick: given up, after 5 deaths in a row"
    heard "none: stopped"
    heard "sick: *" # it runs, or has died again by now
    hear_out "sick: given up, after 5 deaths in a row"
    complains supervisor "none: $tmp/none: No such file or directory"
    no_child
    stop supervisor
}

@test "each death is told, and the pause before a new start doubles" {
    before=$(date +%s%N)
    start supervisor "$BUILD/tested/$supervisor" --pause 0.01 0 "sick=false"
    for i in 1 2 3 4 5; do
        hear_out "sick: runs"
        hear_out "sick: exit 1"
    done
    hear_out "sick: given up*"
    # 10 + 20 + 40 + 80 ms
    [ $((($(date +%s%N) - before) / 1000000)) -ge 149 ]
    stop supervisor
}

@test "what ignores SIGTERM is killed when its time is up" {
    printf '#!/bin/sh\ntrap "" TERM\necho deaf\nwhile :; do sleep 0.1; done\n' > "$tmp/deaf"
    chmod +x "$tmp/deaf"
    start supervisor "$BUILD/tested/$supervisor" 0 "deaf=$tmp/deaf"
    hear_out deaf
    child=$(child_of "$pid")
    stop supervisor
    gone "$child"
}

@test "a supervisor whose lines nobody reads any more ends its programs all the same" {
    start supervisor "$BUILD/tested/$supervisor" 0 "web=sleep 1002" "log=sleep 1003"
    hear_out "log: runs"
    children=$(pgrep -P "$pid")
    exec {out}<&-
    stop supervisor
    for child in $children; do gone "$child"; done
}

# ---- The echo server -----------------------------------------------------------------------------------

@test "the echo server of pumps serves two nc on each selector, and Ctrl-C and SIGTERM end it with both there" {
    for which in $(selectors); do
        for signal in INT TERM; do
            at=${which}_$signal
            EDDY_SELECTOR=$which start echo-$at "$BUILD/tested/$room/echo" 0
            nc_open ann_$at "$port"
            nc_open bob_$at "$port"
            nc_say bob_$at "I am Bob"
            nc_hear bob_$at "I am Bob"
            nc_say ann_$at "and I am Ann"
            nc_hear ann_$at "and I am Ann"
            stop echo-$at $signal
        done
    done
}

@test "without a free descriptor the doors of chapter 10's servers say so, and go on" {
    for program in $commands $supervisor $room/lines $room/echo; do
        EDDY_FAULTS=accept@1=EMFILE start "${program#*/}" "$BUILD/tested/$program" 0
        connect "$port"
        complains "${program#*/}" "${program#*/}: no more clients for now: "
        stop "${program#*/}"
    done
}

# ---- All of them -----------------------------------------------------------------------------------------

servers="$commands $supervisor $room/lines $room/echo"

# What a client says that is there when faults come (talk_to).
words='date\nsort\nb\na\n.\n' answers=4

@test "a fault of any call of chapter 10's servers ends them with 0 or 1, and nothing is left: a sample" {
    for program in $servers; do
        # The others' own calls are in it; make torture takes them one by one.
        [[ $program == "$commands" || -n ${EDDY_FULL:-} ]] || continue
        run "$BUILD/tests/faults/programs/programs" "$program" "$BUILD/tested/$program"
        [[ $status -eq 0 && $output == "ok - "* ]] || { echo "$output"; return 1; }
    done
}

# What those calls that have to do with programs may fail with.
plausible="posix_spawn=ENOMEM fork=EAGAIN pipe=EMFILE pipe2=EMFILE fcntl=EMFILE open=EMFILE calloc=ENOMEM
    malloc=ENOMEM realloc=ENOMEM kill=EPERM read=EIO write=EPIPE epoll_ctl_add=ENOSPC"

@test "a fault while commands and supervisor run programs ends them with 0 or 1, and nothing is left: a sample" {
    number=0
    for command in $commands "$supervisor true=true"; do
        # shellcheck disable=SC2086
        set -- $command
        program=$1
        shift
        talk_to "$program" "" "$@"
        [ "$status" -eq 0 ]
        for fault in $(faults_of 12 6 $plausible); do
            number=$((number + 1))
            talk_to "$program" "$fault" "$@"
            # It was ending by itself, and had given up its handlers already.
            if [ "$status" -eq 130 ]; then continue; fi
            [[ $status -le 1 && $(tail -n 1 "$tmp/err") == "ledger: nothing left"* ]] ||
                { echo "$program: EDDY_FAULTS=$fault: status $status"; cat "$tmp/err"; return 1; }
        done
    done
    echo "$number faults"
}

@test "Ctrl-C before any system call of commands or supervisor ends it tidily: a sample" {
    interrupted 19 $commands "$supervisor true=true"
}

@test "in debug mode chapter 10's servers have nothing to report, and SIGUSR1 shows who waits for what" {
    for program in $servers; do
        name=${program#*/}
        EDDY_DEBUG=1 start "$name" "$BUILD/tested/$program" 0
        connect "$port"
        echo "date" >&"$fd"
        [ "$name" = lines ] || read -r -t 10 -u "$fd" line
        kill -USR1 "$pid"
        complains "$name" "task 1: $name (chapters/$program.c:[0-9]*) awaits g"
        stop "$name"
        [ "$(grep -cv '^ledger: \|task' "$tmp/$name.err")" -eq 0 ] || { cat "$tmp/$name.err"; return 1; }
    done
}

# ---- The traps -------------------------------------------------------------------------------------------

@test "to write all and then to read from cat is a dead lock; communicate brings all back" {
    prints trap-deadlock "write all, then read: ETIMEDOUT" "both at once: 1000000 bytes have come back"
}

@test "while popen waits the loop's clock stands still; while a process is awaited it ticks" {
    ticks=("  tick 1" "  tick 2" "  tick 3")
    prints trap-popen popen: "  the program: done" "${ticks[@]}" "a process:" "${ticks[@]}" "  the program: done"
}

@test "a name in a shell's line runs what is in it; as an argument it is a name" {
    prints trap-shell "in a line for a shell:" "hello, Ann" "anything could run here" "as an argument:" \
        "hello, Ann; echo anything could run here"
}

@test "a child that nobody waits for keeps its number" {
    prints trap-zombie "3 have ended, and 3 numbers are in use" "3 were waited for, and 0 numbers are in use"
}

@test "a pipe's end that another child has inherited keeps the end from coming" {
    prints trap-pipe "our end is inherited:" "  all is closed here: no end comes" "  the other child has gone: the end comes" \
        "our end is closed by exec:" "  all is closed here: the end comes" "  the other child has gone: the end comes"
}

@test "a grandchild keeps the pipe: the process has ended and the end of its output does not come" {
    prints trap-eof "line: I go" "wait: exit 0" "line: ETIMEDOUT" "the grandchild has ended; line: 0 bytes"
}

# ---- The command line --------------------------------------------------------------------------------------

@test "--help of chapter 10's demos says what they do, and what they cannot understand is one clear line" {
    for program in $servers; do
        name=${program#*/}
        run "$BUILD/chapters/$program" --help
        [[ $status -eq 0 && $output == "usage: $name "* ]]
        run "$BUILD/chapters/$program" nonsense
        [ "$status" -eq 1 ]
        [ "$output" = "$name: 'nonsense': not a port: a port is a whole number from 0 to 65535; try --help" ]
    done
    run "$BUILD/chapters/$commands" --pause soon
    [[ $status -eq 1 && $output == "commands: --pause: it needs a number of seconds after it; try --help" ]]
    for program in "web=" "=x" "web=x y z x y z x y z x y z x y z x y z"; do
        run "$BUILD/chapters/$supervisor" "$program"
        [[ $status -eq 1 && $output == "supervisor: "*": no program, a name twice, too many words, or too many programs" && ${#lines[@]} -eq 1 ]] || { echo "$output"; return 1; }
    done
    run "$BUILD/chapters/$supervisor" "web=true" "web=true"
    [[ $status -eq 1 && $output == "supervisor: web: "*"a name twice"* ]]
    run "$BUILD/chapters/$supervisor" --pause=3 "web=true"
    [[ $status -eq 1 && $output == "supervisor: --pause=3: there is no such option; try --help" ]]
}

@test "a port that is taken, or no memory, is one clear line of chapter 10's servers, and status 1" {
    for program in $servers; do
        name=${program#*/}
        start "$name" "$BUILD/tested/$program" 0
        run "$BUILD/tested/$program" "$port"
        [ "$status" -eq 1 ]
        [[ ${lines[0]} == "$name: cannot listen on localhost port $port: Address "*"in use (port 0 picks a free one)" ]]
        [[ ${lines[1]} == "ledger: nothing left"* && ${#lines[@]} -eq 2 ]]
        stop "$name"
        EDDY_FAULTS=realloc@1+=ENOMEM,malloc@1+=ENOMEM,calloc@1+=ENOMEM run "$BUILD/tested/$program" 0
        [ "$status" -eq 1 ]
        [[ ${lines[-2]} == *": "*emory* && ${lines[-1]} == "ledger: nothing left"* ]] || { echo "$program: $output"; return 1; }
    done
}
