# make install: where things go and with which modes, programs that are built on it, and what is left
# when it is taken away.

load support/helpers

installs() {
    make -s --no-print-directory "BUILD=$BUILD" install "$@" > /dev/null
}

uninstalls() {
    make -s --no-print-directory "BUILD=$BUILD" uninstall "$@" > /dev/null
}

compile() {
    ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror "$@"
}

# What pkg-config says of a program that is to be built; where there is none, what it would read.
flags_of() {
    if command -v pkg-config > /dev/null; then
        PKG_CONFIG_PATH="${1%/*}" pkg-config --cflags --libs eddy
    else
        eval "$(sed -n 's/^\([a-z]*\)=\(.*\)/\1="\2"/p' "$1")"
        eval "echo $(sed -n 's/^Cflags: //p; s/^Libs: //p' "$1" | tr '\n' ' ')"
    fi
}

# The folders and files below $1, each with its mode. (A link's mode says nothing.)
listing() {
    (cd "$1" && find . ! -type l -printf '%m %p\n' -o -printf 'link %p\n' | sort)
}

# A program that opens a loop and runs it, and says which eddy it was compiled with and runs on.
write_user() {
    cat > "$tmp/user.c" << 'TEXT'
#include <eddy.h>
#include <stdio.h>
int main(void)
{
    struct eddy_loop loop;
    int err = eddy_loop_open(&loop, NULL);

    printf("%s on %s: %s\n", EDDY_VERSION, eddy_version(), eddy_errname(err));
    return eddy_loop_close(&loop);
}
TEXT
}

@test "an installed library serves a program, static or shared" {
    installs "PREFIX=$tmp/usr"
    write_user
    for way in "$tmp/usr/lib/libeddy.a" "-L$tmp/usr/lib -leddy -Wl,-rpath,$tmp/usr/lib"; do
        compile "-I$tmp/usr/include" "$tmp/user.c" -pthread -o "$tmp/user" $way
        run "$tmp/user"
        [ "$output" = "$(version) on $(version): OK" ]
    done
    readelf -d "$tmp/user" | grep -qF "[libeddy.so.$(version)]"
}

@test "a program that was compiled with another version's headers is told so when it opens a loop" {
    installs "PREFIX=$tmp/usr"
    write_user
    sed -i 's/\(define EDDY_VERSION_MAJOR\) .*/\1 7/' "$tmp/usr/include/eddy/version.h"
    compile "-I$tmp/usr/include" "$tmp/user.c" -pthread -o "$tmp/user" "-L$tmp/usr/lib" -leddy "-Wl,-rpath,$tmp/usr/lib"
    run "$tmp/user"
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "eddy: compiled with the headers of eddy 7."*", but the library is $(version):"* ]]
    [ "${lines[1]}" = "7.$(version | cut -d. -f2-) on $(version): EDDY_EVERSION" ]
    # So is one that leaves the loop to eddy_run().
    compile "-I$tmp/usr/include" tests/install/anything.c -pthread -o "$tmp/anything" "-L$tmp/usr/lib" -leddy "-Wl,-rpath,$tmp/usr/lib"
    run "$tmp/anything" < /dev/null
    [ "$status" -eq 1 ]
    [[ $output == "eddy: compiled with the headers of eddy 7."* ]]
}

@test "a program outside the tree awaits its keyboard, a pipe, an eventfd and a socket at once" {
    echo '#include <sys/eventfd.h>' | ${CC:-cc} -E - > /dev/null 2>&1 || skip "only Linux has eventfds"
    installs "PREFIX=$tmp/usr"
    [ "$(grep -c . tests/install/anything.c)" -le 60 ]
    compile tests/install/anything.c -o "$tmp/anything" $(flags_of "$tmp/usr/lib/pkgconfig/eddy.pc")
    mkfifo "$tmp/keys"
    exec {keys}<> "$tmp/keys"
    EDDY_DEBUG=1 LD_LIBRARY_PATH="$tmp/usr/lib" "$tmp/anything" < "$tmp/keys" > "$tmp/said" 2>&1 &
    started+=("$!")
    echo "a word." >&"$keys"
    wait "$!"
    printf '%s: a word.\n' keyboard pipe eventfd socket | diff - "$tmp/said"
}

@test "the umbrella includes every public header, chapter by chapter" {
    installs "DESTDIR=$tmp" PREFIX=/usr
    sed -n 's|^#include "eddy/\(.*\)"|\1|p' "$tmp/usr/include/eddy.h" > "$tmp/included"
    for header in lib/*/*.h; do echo "${header##*/}"; done | diff - "$tmp/included"
    while read -r header; do [ -f "$tmp/usr/include/eddy/$header" ]; done < "$tmp/included"
}

@test "what is installed under umask 077 can be read by all, and written by its owner alone" {
    (umask 077 && installs "PREFIX=$tmp/new/usr")
    while read -r mode path; do
        case $path in
        */libeddy.so."$(version)") want=755 ;;
        *) [ -d "$tmp/new/$path" ] && want=755 || want=644 ;;
        esac
        [ "$mode" = link ] || [ "$mode" = $want ] || { echo "$path: $mode, not $want"; return 1; }
    done < <(listing "$tmp/new")
    [ "$(listing "$tmp/new" | wc -l)" -gt 300 ]
    [ "$(readlink "$tmp/new/usr/lib/libeddy.so")" = "libeddy.so.$(version)" ]
}

@test "a prefix may have a space: programs are built with what the pkg-config file says" {
    installs "PREFIX=$tmp/a b/usr"
    write_user
    file="$tmp/a b/usr/lib/pkgconfig/eddy.pc"
    [ "$(sed -n 's/^Version: //p' "$file")" = "$(version)" ]
    # As pkg-config reads it: variables, then words that may be quoted.
    eval "$(sed -n 's/^\([a-z]*\)=\(.*\)/\1="\2"/p' "$file")"
    [ "$libdir" = "$tmp/a b/usr/lib" ]
    words=("$(sed -n 's/^Cflags: //p' "$file") $(sed -n 's/^Libs: //p' "$file")")
    if command -v pkg-config > /dev/null; then
        words+=("$(PKG_CONFIG_PATH="${file%/*}" pkg-config --cflags --libs eddy)")
    fi
    for flags in "${words[@]}"; do
        rm -f "$tmp/user"
        eval "compile \"\$tmp/user.c\" -o \"\$tmp/user\" $flags"
        LD_LIBRARY_PATH="$libdir" run "$tmp/user"
        [ "$output" = "$(version) on $(version): OK" ] || { echo "$flags: $output"; return 1; }
    done
}

@test "DESTDIR stands for the root, and is written into no file" {
    installs "DESTDIR=$tmp/package root" PREFIX=/opt/eddy LIBDIR=/opt/lib64
    [ -f "$tmp/package root/opt/lib64/libeddy.a" ] && [ -f "$tmp/package root/opt/eddy/include/eddy.h" ]
    run grep -rIl "package root" "$tmp/package root"
    [ -z "$output" ] || { echo "$output"; return 1; }
    grep -qx 'libdir=/opt/lib64' "$tmp/package root/opt/lib64/pkgconfig/eddy.pc"
    grep -qx 'includedir=${prefix}/include' "$tmp/package root/opt/lib64/pkgconfig/eddy.pc"
}

# Installed there twice and taken away: all is as it was.
leaves_nothing() {
    local before
    before=$(listing "$tmp/root")
    installs "$@"
    installs "$@" # takes nothing for older than itself that the first has made
    [ "$(listing "$tmp/root" | wc -l)" -gt "$(($(wc -l <<< "$before") + 30))" ]
    uninstalls "$@"
    diff <(echo "$before") <(listing "$tmp/root")
}

@test "uninstall leaves what was there before, and nothing else" {
    mkdir -p "$tmp/root/usr/lib/pkgconfig" "$tmp/root/usr/include/eddy" "$tmp/root/usr/empty"
    echo "not ours" > "$tmp/root/usr/include/eddy/mine.h"
    leaves_nothing "DESTDIR=$tmp/root" PREFIX=/usr
    # Folders that install has made go, too, and those above them.
    leaves_nothing "PREFIX=$tmp/root/a b/c"
    leaves_nothing "DESTDIR=$tmp/root/d e" PREFIX=/f LIBDIR=/g/lib64
}

@test "uninstall where nothing was installed, and a prefix that is no path, are refused in one line" {
    run make -s --no-print-directory uninstall "PREFIX=$tmp/nowhere"
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "There is no eddy under $tmp/nowhere: make install notes what it does in $tmp/nowhere/share/eddy/installed" ]
    for prefix in relative '/quo"ted'; do
        run make -s --no-print-directory "BUILD=$BUILD" install "DESTDIR=$tmp/dest" "PREFIX=$prefix"
        [ "$status" -eq 2 ]
        [[ ${lines[0]} == "A folder for an install "* ]]
        [ ! -e "$tmp/dest" ]
    done
}
