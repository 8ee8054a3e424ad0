#!/bin/sh
# Proves that the transcript runner lets true transcripts pass and false ones fail, in small lessons
# of its own. Prints TAP. From the project's top, after make. Usage: transcripts-selftest.sh RUNNER
runner=${1:-${BUILD:-build}/tests/transcript}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
count=0
failures=0

lesson() {
    cat >"$dir/lesson.md"
}

verdict() { # verdict WHAT-IS-WRONG SENTENCE: nothing is wrong when it is empty
    count=$((count + 1))
    if [ -z "$1" ]; then
        echo "ok $count - transcripts: $2"
        return
    fi
    failures=$((failures + 1))
    echo "not ok $count - transcripts: $2"
    echo "# $1"
    printf '%s\n' "$out" | sed 's/^/#   | /'
}

proves() { # proves SENTENCE STATUS PART-OF-THE-OUTPUT...
    sentence=$1 want=$2 wrong=
    shift 2
    out=$("$runner" "$dir/lesson.md" 2>&1)
    status=$?
    [ $status = "$want" ] || wrong="expected status $want, came $status, with the output"
    for part in "$@"; do
        case $out in
        *"$part"*) ;;
        *) wrong="expected '$part' in the output, came" ;;
        esac
    done
    verdict "$wrong" "$sentence"
}

# A wait that is to end in a failure need not be long.
proves_soon() {
    PATIENCE=2
    export PATIENCE
    proves "$@"
    unset PATIENCE
}

lesson <<'END'
```console
$ true
```
END
case $("$runner" "$dir/lesson.md" 2>&1) in
*'# SKIP no pseudo-terminal'*)
    echo "ok 1 - transcripts: the runner # SKIP no pseudo-terminal here (/dev/pts)"
    echo 1..1
    exit
    ;;
esac

# ---- True ones pass

lesson <<'END'
Not a transcript:

```c
$ false
```

````markdown
```console
$ false
```
````

- in a list

  ```console
  $ echo one; echo; echo "  two  "
  one

    two
  $ echo pid 654321, at 127.0.0.1:54321, in 1.25 ms, after 3 s
  pid 12345, at [::1]:40002, in 0.10 s, after 250 us
  ```

```console
$ printf 'no newline'
no newline
$ printf 'a|b c\n' | grep 'a|b c'
a|b c
$ kill -SEGV $$
Segmentation fault (core dumped)
$ echo "$TERM $NO_COLOR $LC_ALL $(stty size) ${MAKEFLAGS-no flags}"
dumb 1 C 24 80 no flags
```
END
MAKEFLAGS=-n
export MAKEFLAGS
proves 'a true transcript passes' 0 'ok 1 - transcript: ' 'lesson.md:15: echo one' 'ok 2' '1..2'
unset MAKEFLAGS

lesson <<'END'
```console
$ for i in 1 2 3 4 5; do echo line $i; done
line 1
...
line 4
...
$ echo end
...
end
```
END
proves '... stands for any number of lines, and for none' 0

lesson <<'END'
```console type=1,3
$ cat
hello
hello
again
again
^D
$ cat
^C
$ trap 'echo bye; exit' INT; echo up; while :; do :; done
up
^Cbye
$ trap 'echo bye; exit' INT; echo up; while :; do :; done
...
^C
bye
```
END
proves 'what is typed is echoed and answered; ^D and ^C are pressed' 0

lesson <<'END'
```console
$ [ 8081 != 80''81 ] && [ 8081 != 8099 ] && echo ports 8081, 8099 and 8100
ports 8081, 8099 and 8100
$ [ 8100 = 81''00 ] && echo not 8100
not 8100
```
END
proves 'ports from 8081 to 8099 are replaced' 0

mkdir -p "$dir/bin" "$dir/b/chapters/01-x" "$dir/b/stage-01"
cat >"$dir/bin/make" <<'END'
#!/bin/sh
echo make "$@"
END
cat >"$dir/b/chapters/01-x/prog" <<'END'
#!/bin/sh
[ "$1" != 80''81 ] && echo "$0: port $1"
END
chmod +x "$dir/bin/make" "$dir/b/chapters/01-x/prog"
lesson <<'END'
```console
$ make demo-01 | cat
make demo-01 PORT=8081
$ make demo-01 PORT=8082
make demo-01 PORT=8082
$ build/chapters/01-x/prog
build/chapters/01-x/prog: port 8081
$ build/chapters/01-x/prog 8083
build/chapters/01-x/prog: port 8083
```
END
path=$PATH build=${BUILD-}
PATH=$dir/bin:$PATH BUILD=$dir/b
export BUILD
proves 'a demo gets a free port, and BUILD stands for build' 0
PATH=$path BUILD=$build

# ---- False ones fail

lesson <<'END'
# A lesson

```console
$ printf 'one\ntwo\tthree\n'
one
two	thred
```

```console
$ echo more
more
```
END
proves 'one changed character fails, with a message that speaks' 1 \
    "not ok 1 - transcript: $dir/lesson.md:3: printf" "# lesson    $dir/lesson.md:6" \
    "# command   \$ printf 'one" '# expected  two\tthred' '# came      two\tthree
#                    ^' '# screen    | one' \
    '# mend the lesson, or the program: a reader who types this sees something else' \
    'ok 2 - ' '# SKIP the block of line 3 has failed'

lesson <<'END'
```console type=1
$ cat
hello
hallo
^D
```
END
proves 'a wrong answer to a typed line fails' 1 '# expected  hallo' '# came      hello'

lesson <<'END'
```console
$ echo one; echo two
one
$ echo three
three
```
END
proves 'output that is not shown fails' 1 '# expected  the end of the command' '# came      two'

lesson <<'END'
```console
$ echo one
one
two
```
END
proves 'output that does not come fails at once' 1 'expected  two' 'the end of the command, with status 0'

lesson <<'END'
```console
$ cat
hello
```
END
proves_soon 'a typed line that type= does not name fails' 1 'nothing like it within 2 s' 'type='

lesson <<'END'
```console type=3
$ echo one
one
```

```console terminal=7
```
END
proves 'a first line that means nothing fails' 1 'type= names a line that is not there'

lesson <<'END'
```console
$ echo one
one
```

```console terminal=2
$ sleep 1; echo later
later
```

```console
^C
```
END
proves 'a ^C for a command that has ended fails' 1 'waits for what is typed'

lesson <<'END'
```console
$ sleep 60
```
END
proves_soon 'a program that the lesson leaves running is reported' 1 'ok 1' \
    'not ok 2' 'the lesson never ends this program: show its ^C'

lesson <<'END'
```console
$ echo $$ >"$PIDFILE"; echo up; exec sleep 60
down
```
END
PIDFILE=$dir/pid
export PIDFILE
proves 'a failure is told at once, even if the program runs on' 1 '# came      up'
kill -0 "$(cat "$PIDFILE")" 2>/dev/null && left="it still runs" || left=
verdict "$left" 'and it is killed'

lesson <<'END'
```console
$ cat
$ echo two
two
```
END
proves_soon 'a command typed into a program that runs fails' 1 'it still runs after 2 s: the lesson types the next one'

lesson <<'END'
```console
$ no-such-program
```

```console
$ false
what
```
END
proves 'a program that is not installed skips the rest' 0 \
    'ok 1 - ' '# SKIP no-such-program is not installed' 'ok 2 - '

# ---- Two terminals

if ! command -v nc >/dev/null; then
    echo "ok $((count += 1)) - transcripts: two terminals # SKIP nc is not installed"
    echo "1..$count"
    [ $failures = 0 ]
    exit
fi
lesson <<'END'
```console
$ build/chapters/01-select-echo/echo --host 127.0.0.1
echo: listening on port 8081; in another terminal, type:  nc 127.0.0.1 8081
echo: Ctrl-C ends it
```

```console terminal=2 type=1,3
$ nc 127.0.0.1 8081
hello
hello
and again
and again
```

```console
[6] connected: 127.0.0.1:42700
```

```console terminal=2
^C
```

```console
[6] closed
^C
```
END
proves 'the echo server and nc in two terminals' 0 '1..5'

sed '12s/again/agaim/' "$dir/lesson.md" >"$dir/false.md" && mv "$dir/false.md" "$dir/lesson.md"
proves 'and a false answer of the server fails' 1 'not ok 2 - ' '(terminal 2, line 8)' \
    '# expected  and agaim' '# came      and again'

echo "1..$count"
[ $failures = 0 ]
