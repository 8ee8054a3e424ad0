# The README's table for those who know asyncio: each of its commands runs, and prints what stands beside it.

load support/helpers

rows_of_table() { sed -n '/^## If you know asyncio/,/^## What/p' README.md | sed -n '/^|---/,$p' | sed -n '1d; /^|/p'; }

# spans TEXT: what it has in backquotes, one a line.
spans() { grep -o '`[^`]*`' <<< "$1" | tr -d '`'; }

# has_lines FILE SPAN...: these are whole lines of the file, in this order; "…" is anything, and a line may be
# indented.
has_lines() {
    local file=$1 span pattern line
    shift
    exec {lines}< "$file"
    for span in "$@"; do
        pattern=$(sed 's/[][\\*?()|!@+]/\\&/g; s/…/*/g' <<< "$span")
        while :; do
            IFS=$' \t' read -r -u "$lines" line || { echo "it did not print, or not in this order: $span"; cat "$file"; return 1; }
            # shellcheck disable=SC2053
            [[ $line != $pattern ]] || break
        done
    done
    exec {lines}<&-
}

# A ping that needs no network. It knows no other way to be called than the table's.
stand_in_for_ping() {
    mkdir -p "$tmp/bin"
    printf '#!/bin/sh\n[ "$1 $2 $#" = "-c 4 3" ] && echo "64 bytes from $3"\n' > "$tmp/bin/ping"
    chmod +x "$tmp/bin/ping"
    PATH=$tmp/bin:$PATH
}

# begin_server COMMAND CLIENT: on a port of its own; the client's is the one that the server has unless it is told
# another. Sets `port`, and `client`, as an array, with the server's real port.
begin_server() {
    local usual
    usual=$(grep -o '[0-9]*$' <<< "$2")
    "$1" --help | grep -q "; $usual unless given" || { echo "$1 does not listen on $usual"; return 1; }
    talked=${BASHPID}_$((++servers)) # a row that is tried in a subshell has the same count
    start "server_$talked" "$1" 0 || return 1
    read -r -a client <<< "${2%"$usual"}$port"
}

end_server() {
    kill -INT "$pid"
    wait "$pid" || { echo "the server has ended with status $?"; return 1; }
}

# talk SPAN...: what the client of `client` is told, and hears. Its output is in $tmp/printed.
talk() {
    case ${client[0]} in
    nc)
        nc_open "client_$talked" "$port" "$(localhost)" || return 1
        for span in "$@"; do
            nc_say "client_$talked" "$span"
            nc_hear "client_$talked" "$span" || return 1
        done
        printf '%s\n' "$@" > "$tmp/printed"
        return
        ;;
    curl) command -v curl > /dev/null || client[0]=$BUILD/chapters/12-streams/get ;;
    esac
    no_proxy='*' timeout 30 "${client[@]}" > "$tmp/printed" 2> "$tmp/err" || { cat "$tmp/err"; return 1; }
}

# check_row ROW: | in Python | type | and it prints |
check_row() {
    local python type prints commands wanted word source status=0
    IFS='|' read -r _ python type prints _ <<< "$1"
    [ -n "$(spans "$python")" ] || { echo "no Python"; return 1; }
    mapfile -t commands < <(spans "$type" | sed "s|^build/|$BUILD/|")
    mapfile -t wanted < <(spans "$prints")
    [[ ${#commands[@]} -ge 1 && ${#commands[@]} -le 2 ]] || { echo "one command, or two"; return 1; }
    [ "${#wanted[@]}" -ge 1 ] || { echo "nothing says what it prints"; return 1; }
    source=$(sed -n 's/.*\[`build\/\([^ `]*\)[^`]*`](\1\.c).*/\1.c/p' <<< "$type")
    [ -f "$source" ] || { echo "no command that is a link to its source"; return 1; }
    if [ "${#commands[@]}" -eq 1 ]; then
        read -r -a word <<< "${commands[0]}"
        timeout 60 "${word[@]}" > "$tmp/printed" || { echo "status $?"; return 1; }
    else
        begin_server "${commands[@]}" || return 1
        talk "${wanted[@]}" || status=1
        end_server && [ "$status" -eq 0 ] || return 1
    fi
    has_lines "$tmp/printed" "${wanted[@]}"
}

@test "each row of the README's table for those who know asyncio runs, and prints what it says" {
    stand_in_for_ping
    count=0
    while IFS= read -r row <&4; do
        count=$((count + 1))
        check_row "$row" || { echo "in the row: $row"; return 1; }
    done 4< <(rows_of_table)
    [ "$count" -ge 15 ]
}

@test "the test before fails for a row that prints something else, or too little, and for one that is not checked" {
    one='[`build/chapters/06-tasks/one`](chapters/06-tasks/one.c)'
    primes='[`build/chapters/09-executors/primes`](chapters/09-executors/primes.c)'
    check_row "| \`one()\` | $one | \`1\` |"
    check_row "| \`map\` | $primes | \`(25, …)\`, \`(109, True)\` |"
    while IFS= read -r row <&4; do
        run check_row "$row"
        [ "$status" -eq 1 ] || { echo "it lets pass: $row"; return 1; }
    done 4<< TEXT
| \`one()\` | $one | \`2\` |
| \`one()\` | $one | \`1\`, \`1\` |
| \`one()\` | $one | \`*\` |
| \`map\` | $primes | \`(109, True)\`, \`(25, False)\` |
| \`map\` | $primes | \`(25, Fals\` |
| \`one()\` | $one | one |
| one() | $one | \`1\` |
| \`one()\` | \`build/chapters/06-tasks/one\` | \`1\` |
| \`one()\` | [\`build/chapters/06-tasks/one\`](chapters/06-tasks/slow.c) | \`1\` |
| \`ping\` | [\`build/chapters/10-subprocesses/ping -x\`](chapters/10-subprocesses/ping.c) | \`usage: ping [HOST]\` |
| \`echo\` | [\`build/chapters/09-executors/compute\`](chapters/09-executors/compute.c), \`nc localhost 8081\` | \`hello\` |
| \`Protocol\` | [\`build/chapters/11-transports/hello\`](chapters/11-transports/hello.c), \`curl localhost:8081\` | \`hello\` |
| \`echo\` | [\`build/chapters/06-tasks/echo\`](chapters/06-tasks/echo.c), \`nc localhost 8081\` | \`hello\` |
TEXT
}
