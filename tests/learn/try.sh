#!/bin/sh
# try.sh NN[-PAGE] - a program of the reader's own, on the library as it is after chapter NN: FILE, or
# exercises/NN-name/try.c (or try-PAGE.c), which begins as the page's first program. It is compiled with all warnings
# and with the sanitizers, and run in debug mode, with ARGS. The environment has VERSION FILE ARGS.
# Status: 1 when it does not compile, or ends with anything but 0; a Ctrl-C counts as 0.
. tests/learn/common.sh
ulimit -c 0 2> /dev/null || :
verb=try-$1 number=${1%%-*}
case $1 in *-*) first=try-${1#*-}.c page=${1#*-}.md ;; *) first=try.c page=README.md ;; esac
build=${BUILD:-build}/learn
for room in chapters/"$number"-*; do room=${room#chapters/}; done
[ -f "chapters/$room/$first" ] || {
    echo "There is no $verb. There are: $(ls chapters/*/try*.c | sed 's|chapters/\([0-9]*\).*/try\(.*\)\.c|try-\1\2|' | LC_ALL=C sort | tr '\n' ' ')"
    exit 1
}

# A file of the reader's is written once, and never again.
file=${FILE:-exercises/$room/$first}
if [ -n "${FILE:-}" ]; then
    [ -f "$file" ] && [ -r "$file" ] || { echo "There is no file $file, or it cannot be read."; exit 1; }
elif [ ! -e "$file" ]; then
    cp "chapters/$room/$first" "$file" 2> /dev/null || {
        echo "I cannot write $file. Put it where you can, and say so (and where to build):"
        echo "    cp chapters/$room/$first /tmp/$first && make BUILD=/tmp/eddy $verb FILE=/tmp/$first"
        exit 1
    }
    echo "$bold$file is yours to change$plain; it begins as the first program of chapters/$room/$page."
else
    echo "$bold$file is yours to change$plain. (To begin anew: rm $file)"
fi

out=$build/try/$1
name=${file##*/} name=${name%.*}
mkdir -p "$out" 2> /dev/null || { echo "I cannot write in $out. Say where to build:  make BUILD=/tmp/eddy $verb"; exit 1; }
sanitizers=$(sh tests/learn/sanitizers.sh "$build")
[ -f "$build/learn-library-$number.made" ] || echo "(building the library of chapter $number, once; some seconds)" >&2
$MAKE -s --no-print-directory BUILD="$build" SANITIZE="$sanitizers" OPT="-O1 -g" "learn-library-$number" > "$out/make" 2>&1 || {
    echo "The library does not build. make says:"
    tail -n 5 "$out/make"
    exit 1
}
. "$build/learn-$number.sh" # sets CC FLAGS QUOTE LIBRARY LIBS
echo "It is compiled with all warnings${sanitizers:+, sanitizers ($sanitizers)}, and runs on chapter $number's library with EDDY_DEBUG=1."

# The compiler's own colours and words; then what no compiler sees.
# shellcheck disable=SC2086
$CC $FLAGS -Wno-unused-parameter -I"$build/stage-$number/include" $QUOTE -o "$out/$name" "$file" "$LIBRARY" $LIBS || {
    echo "${red}It does not compile yet.$plain Begin with the first error; the later ones often follow from it."
    exit 1
}
awk -f tests/learn/code.awk -f tests/learn/frames.awk "$file"
echo

# What the sanitizers say is kept apart, to be read below.
rm -f "$out"/said.*
export EDDY_DEBUG="${EDDY_DEBUG:-1}"
export ASAN_OPTIONS="detect_stack_use_after_return=1:handle_abort=1:detect_leaks=1:exitcode=86:log_path=$out/said"
export UBSAN_OPTIONS="print_stacktrace=1:exitcode=86:log_path=$out/said"
# In a process group of its own, Ctrl-C is the program's alone; see own_group in learn.mk. (A shell whose
# program ends by it would end itself, too.)
trap : INT
if [ -t 0 ]; then trap '' TSTP; set -m; fi
eval "set -- $ARGS" # they may be quoted, as on a command line
"$out/$name" "$@"
status=$?
set +m


# The report without what helps nobody here, and then in a word what it comes to.
told=
for said in "$out"/said.*; do
    [ -s "$said" ] || continue
    echo
    sed '/^Shadow bytes/,$d; /^SUMMARY/,$d; /^HINT/,/)$/d; /^==*$/d; /^ *$/d; / in __libc_start/d; / in _start /d' "$said" | head -n 30
    told=${told:-$(awk -f tests/learn/sanitizer.awk "$said")}
done
if [ -n "$told" ]; then
    printf '\n%sA sanitizer found this:%s %s\n' "$red" "$plain" "$told"
elif [ -n "$sanitizers" ] && [ $status -eq 86 ]; then # gcc's prints it where it happens
    printf '\n%sA sanitizer found this:%s what stands above, after "runtime error".\n' "$red" "$plain"
elif [ $status -eq 130 ]; then
    printf '\nCtrl-C ended it.\n'
    exit 0
elif [ $status -gt 128 ]; then
    printf '\n%sIt was ended by SIG%s.%s\n' "$red" "$(kill -l $((status - 128)) 2> /dev/null || echo "NAL number $((status - 128))")" "$plain"
elif [ $status -ne 0 ]; then
    printf '\nIt ended with status %d; 0 would mean that all went well.\n' $status
fi
[ $status -eq 0 ] || exit 1
