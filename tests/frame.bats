# The frame: the house's order, the stages, and the rules that a script can see.

load support/helpers

stages() { ls -d lib/[0-9][0-9]-*; }

# A copy of the sources that a test may spoil.
copy_tree() {
    mkdir "$tmp/tree"
    cp -r Makefile lib chapters tests exercises solutions "$tmp/tree/"
    cd "$tmp/tree"
}

@test "the top level holds its five folders, the Makefile and the README, and no more" {
    if git rev-parse --git-dir > /dev/null 2>&1; then
        run bash -c "git ls-files | cut -d/ -f1 | grep -v '^\.' | sort -u | tr '\n' ' '"
        [ "$output" = "Makefile README.md chapters exercises lib solutions tests " ]
    fi
    for entry in *; do
        [[ " Makefile README.md build chapters exercises lib solutions tests " == *" $entry "* ]]
    done
}

@test "a checkout with core.autocrlf has the same line ends, byte for byte" {
    git rev-parse --git-dir > /dev/null 2>&1 || skip "this is no git checkout"
    git clone -q -c core.autocrlf=true . "$tmp/clone"
    cd "$tmp/clone"
    run bash -c "git ls-files -z | xargs -0 grep -l \$'\r' | head -n 3"
    [ -z "$output" ] || { echo "a carriage return is in: $output"; return 1; }
}

@test "each chapter has the same folder in chapters, lib, exercises, solutions and tests" {
    for dir in chapters/[0-9][0-9]-*; do
        name=${dir##*/}
        for room in lib exercises solutions tests; do
            [ -d "$room/$name" ] || { echo "there is no $room/$name"; return 1; }
        done
        [ -f "tests/$name.bats" ] && [ -f "chapters/$name/README.md" ]
        [ -f "chapters/$name/Makefile" ] && [ -f "exercises/$name/Makefile" ] # see tests/learn/elsewhere.mk
    done
}

@test "a stage is built from its folders, as libeddy.a and libeddy.so with a soname" {
    for dir in $(stages); do
        number=${dir#lib/} number=${number%%-*}
        run make --no-print-directory "BUILD=$BUILD" "stage-$number"
        [ "$status" -eq 0 ]
        [ -f "$BUILD/stage-$number/libeddy.a" ]
        readelf -d "$BUILD/stage-$number/libeddy.so" | grep -qF "[libeddy.so.$(version)]"
    done
}

@test "a stage exports eddy_* and nothing else" {
    for dir in $(stages); do
        number=${dir#lib/} number=${number%%-*}
        run bash -c "nm -D --defined-only '$BUILD/stage-$number/libeddy.so' | awk '{ print \$NF }' | grep -v '^eddy_'"
        [ -z "$output" ] || { echo "exported: $output"; return 1; }
        run bash -c "nm -D --defined-only '$BUILD/stage-$number/libeddy.so' | grep -c ' T eddy_'"
        [ "$output" -gt 0 ]
    done
}

@test "a stage needs no symbol of eddy that it does not define" {
    for dir in $(stages); do
        number=${dir#lib/} number=${number%%-*}
        nm "$BUILD/stage-$number/libeddy.a" | awk 'NF == 3 { print $3 }' | sort -u > "$tmp/defined"
        nm "$BUILD/stage-$number/libeddy.a" | awk '$1 == "U" && $2 ~ /^eddy_/ { print $2 }' | sort -u > "$tmp/needed"
        run comm -13 "$tmp/defined" "$tmp/needed"
        [ -z "$output" ] || { echo "stage $number needs $output, which a later stage defines, or none"; return 1; }
    done
}

@test "the compiler refuses an upward include, and the message says what to do" {
    copy_tree
    mkdir lib/99-later
    echo 'int eddy_later(void);' > lib/99-later/later.h
    sed -i '1i #include "later.h"' lib/01-select-echo/net.c
    run make --no-print-directory stage-01
    [ "$status" -ne 0 ]
    [[ $output == *"later.h: No such file"* || $output == *"'later.h' file not found"* ]]
    [[ $output == *"includes \"later.h\" of chapter 99-later, which comes later than its own"* ]]
    [[ $output == *"Move the code up to"* ]]
}

@test "no module includes a later chapter's, and within a chapter there is no circle" {
    sh tests/support/layers.sh lib/*/*.[ch]
    for dir in $(stages); do
        for file in "$dir"/*.[ch]; do
            module=$(basename "${file%.*}")
            for header in $(sed -n 's/^#include "\(.*\)\.h"/\1/p' "$file"); do
                [ "$header" = "$module" ] || [ ! -f "$dir/$header.h" ] || echo "$module $header"
            done
        done | sort -u > "$tmp/edges"
        run tsort "$tmp/edges"
        [ "$status" -eq 0 ] || { echo "a circle in $dir:"; echo "$output"; return 1; }
    done
}

@test "each header compiles alone, as C and as C++" {
    quote=
    for dir in $(stages); do
        quote="$quote -iquote $dir"
        for header in "$dir"/*.h; do
            echo "#include \"${header##*/}\"" > "$tmp/alone.c"
            ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror $quote -fsyntax-only "$tmp/alone.c"
            if command -v c++ > /dev/null; then
                c++ -x c++ -Wall -Wextra -Wpedantic -Werror $quote -fsyntax-only "$tmp/alone.c"
            fi
        done
    done
}

@test "no module's name occurs twice, or is a system header's" {
    run bash -c "ls lib/*/*.h | sed 's|.*/||' | sort | uniq -d"
    [ -z "$output" ]
    for header in lib/*/*.h; do
        name=${header##*/}
        [ ! -e "/usr/include/$name" ] || { echo "$header is named like <$name>"; return 1; }
    done
}

@test "callbacks and futures are written in C++, too, with every macro and without a warning" {
    make -s --no-print-directory "BUILD=$BUILD" install "PREFIX=$tmp/usr" > /dev/null
    compilers=
    for compiler in g++ clang++; do
        if command -v $compiler > /dev/null; then compilers="$compilers $compiler"; fi
    done
    [ -n "$compilers" ] || skip "there is no C++ compiler"
    for compiler in $compilers; do
        for standard in c++11 c++14 c++17 c++20; do
            $compiler -std=$standard -Wall -Wextra -Wpedantic -Werror "-I$tmp/usr/include" tests/frame.cc -pthread \
                -o "$tmp/user" "$tmp/usr/lib/libeddy.a" || { echo "$compiler -std=$standard"; return 1; }
            run "$tmp/user"
            [ "$status" -eq 0 ]
            [ "$output" = "soon, readable, timer, signal, done: success" ] || { echo "$output"; return 1; }
        done
    done
}

@test "a program keeps its own container_of: before <eddy.h>, or after an #undef" {
    make -s --no-print-directory "BUILD=$BUILD" install "PREFIX=$tmp/usr" > /dev/null
    cat > "$tmp/kernel.h" << 'TEXT'
#include <stddef.h>
static int own_calls;
#define container_of(ptr, type, member) ({ __typeof__(((type *)0)->member) *mptr = (ptr); \
    own_calls++; (type *)(void *)((char *)mptr - offsetof(type, member)); })
TEXT
    cat > "$tmp/own.c" << 'TEXT'
#include "order.h"
#include <stdio.h>
struct job { int calls; struct eddy_handle handle; };
static void on_call(struct eddy_handle *handle) { container_of(handle, struct job, handle)->calls++; }
int main(void)
{
    struct job job;
    job.calls = 0;
    eddy_handle_init(&job.handle, on_call);
    job.handle.fn(&job.handle);
    printf("%d %d\n", job.calls, own_calls);
}
TEXT
    printf '#include "kernel.h"\n#include <eddy.h>\n' > "$tmp/before"
    printf '#include <eddy.h>\n#include "kernel.h"\n' > "$tmp/after"
    printf '#include <eddy.h>\n#undef container_of\n#include "kernel.h"\n' > "$tmp/undef"
    for compiler in "gcc -std=gnu11" "clang -std=gnu11" "g++ -x c++" "clang++ -x c++"; do
        if ! command -v "${compiler%% *}" > /dev/null; then continue; fi
        for place in before undef after; do
            cp "$tmp/$place" "$tmp/order.h"
            run $compiler -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror "-I$tmp/usr/include" "$tmp/own.c" \
                -x none "$tmp/usr/lib/libeddy.a" -pthread -o "$tmp/own"
            if [ $place = after ]; then
                [ "$status" -ne 0 ]
                [[ $output == *container_of*redefined* ]]
            else
                [ "$status" -eq 0 ] || { echo "$compiler, $place: $output"; return 1; }
                run "$tmp/own"
                [ "$output" = "1 1" ]
            fi
        done
    done
}

@test "the first make says what it does and how far it is, the next one nothing, and one with -s nothing" {
    printf '#!/bin/sh\nwhile [ $# -gt 0 ]; do case $1 in -o) : > "$2" ;; esac; shift; done\n' > "$tmp/cc" # it is quick
    chmod +x "$tmp/cc"
    quickly() { run make --no-print-directory "CC=$tmp/cc" AR=: "BUILD=$tmp/made" "$@"; }
    quickly STAGES=01-select-echo CHAPTERS="01-select-echo 02-selector"
    [ "$status" -eq 0 ] || { echo "$output"; return 1; }
    [ "${lines[0]}" = "Compiling the library and the programs of all chapters; it takes some seconds." ]
    [[ ${lines[-1]} == *" files are compiled; the programs are in $tmp/made/chapters. Next:  make learn" ]]
    quickly STAGES=01-select-echo CHAPTERS="01-select-echo 02-selector"
    [ "$status" -eq 0 ]
    [ -z "$output" ] || { echo "$output"; return 1; }
    rm -r "$tmp/made/chapters"
    quickly STAGES=01-select-echo CHAPTERS="01-select-echo 02-selector" -s
    [ -z "$output" ] || { echo "$output"; return 1; }
    head -c 149 /dev/zero > "$tmp/count" && mkdir "$tmp/count.begun"
    [ "$(sh tests/support/progress.sh "$tmp/count" 200)" = "  150 of 200" ]
    [ -z "$(sh tests/support/progress.sh "$tmp/count" 200)" ]
}

@test "make help lists each verb with one line" {
    run make --no-print-directory help
    [ "$status" -eq 0 ]
    for verb in learn try-NN check-NN.M hint-NN.M solution-NN.M reset-NN.M watch progress expand mine demo-NN deps test test-all test-times test-NN sanitize valgrind musl analyze bench figure-NN stage-NN install uninstall manual format oracle clean help; do
        [ "$(grep -c "^  make $verb " <<< "$output")" = 1 ] || { echo "no line for $verb"; return 1; }
    done
}

@test "make help lists the variables, and a BUILD with a space is refused with a sentence" {
    run make --no-print-directory help
    for variable in BUILD EDDY_PROGRESS CC WERROR PREFIX DESTDIR; do
        [ "$(grep -c "^  $variable= " <<< "$output")" = 1 ] || { echo "no line for $variable"; return 1; }
    done
    run make "BUILD=$tmp/a b" help
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" = 1 ]
    [[ $output == *"BUILD names one folder, without a space in its path; it is \"$tmp/a b\"."* ]]
}

@test "the Makefile is a page, and one rule compiles" {
    [ "$(wc -l < Makefile)" -le 150 ]
    [ "$(cat Makefile tests/*.mk tests/*/*.mk | grep -c -- -MMD)" = 1 ]
}

@test "a test run without bats or nc says what to install, in one line" {
    mkdir "$tmp/bin"
    for program in sh getconf nc; do ln -s "$(command -v $program)" "$tmp/bin/"; done
    PATH=$tmp/bin run sh tests/support/run.sh "$BUILD" all
    [ "$status" -eq 1 ]
    [ "$output" = "The tests need bats, which is not installed. make deps installs what they need." ]
}

@test "library files have no conditional compilation, at most 400 lines, and short functions" {
    run grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)' lib/*/*.c
    [ "$status" -ne 0 ] || { echo "a file or a table entry is better than:"; echo "$output"; return 1; }
    run bash -c "wc -l lib/*/*.[ch] | awk '\$2 != \"total\" && \$1 > 400'"
    [ -z "$output" ]
    run awk 'FNR == 1 { start = 0 } /^{/ { start = FNR } /^}/ && start { if (FNR - start > 60) print FILENAME ":" start; start = 0 }' lib/*/*.c
    [ -z "$output" ] || { echo "above 60 lines: $output"; return 1; }
}

@test "a static function's name says what it is about: two words, or one that is known" {
    known=' now nanoseconds refusal '
    sed -nE 's/^(__attribute__\(\([a-z]*\)\) )?static [^=;(]*[ *]([a-z0-9_]+)\(.*/\2/p' lib/*/*.c > "$tmp/names"
    [ "$(wc -l < "$tmp/names")" -gt 150 ] # or it looks for what is not written like that any more
    while read -r name; do
        [[ $name == *_* || $known == *" $name "* ]] || { echo "in a backtrace, $name() says nothing"; return 1; }
    done < "$tmp/names"
}

@test "each row of behaviours.md names a test that exists" {
    cat tests/*.bats tests/*/*.bats tests/*/*.c tests/*/sweep/*.c tests/*/exercises/*/*.c > "$tmp/tests"
    rows=0
    while IFS='|' read -r _ id _ test _; do
        [[ $id =~ ^\ [A-Z]+-?[0-9]+\ $ ]] || continue
        rows=$((rows + 1))
        # several tests are separated by ";", and a test is named by its sentence
        while read -r sentence; do
            [ -n "$sentence" ] || continue
            grep -qF -- "\"$sentence\"" "$tmp/tests" || { echo "row$id: no test is called: $sentence"; return 1; }
        done < <(tr ';' '\n' <<< "$test" | sed 's/^ *//; s/ *$//')
    done < tests/behaviours.md
    [ "$rows" -ge 13 ]
}

@test "every trap program ends with status 0 and leaves nothing behind" {
    for source in chapters/*/trap-*.c; do
        program=$BUILD/tested/${source#chapters/}
        run "${program%.c}"
        [ "$status" -eq 0 ] || { echo "$source: status $status"; return 1; }
        [[ $output == *"ledger: nothing left"* ]] || { echo "$source: $output"; return 1; }
    done
}
