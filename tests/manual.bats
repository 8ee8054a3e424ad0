# The manual pages, which are made from the headers' comments: all that is public is on one page, and
# man leads there by its name.

load support/helpers

pages() {
    sh tests/install/manual.sh "$tmp/manual" "$(version)" "$@"
}

# What a program may use: whatever the library exports, and the headers' own functions and macros.
# What ends in _ is nobody's but the headers'.
public_names() {
    local newest
    newest=$(ls -d lib/[0-9][0-9]-* | sed -n 's|lib/\(..\).*|\1|; $p')
    make -s --no-print-directory "BUILD=$BUILD" "stage-$newest" > /dev/null
    {
        nm -D --defined-only "$BUILD/stage-$newest/libeddy.so" | awk 'NF == 3 { print $3 }'
        sed -n 's/^static inline [^(]*[ *]\(eddy_[a-z0-9_]*\)(.*/\1/p' lib/*/*.h
        sed -n 's/^#define \([A-Za-z0-9_]*[A-Za-z0-9]\)\([( ].*\)*$/\1/p' lib/*/*.h | grep -v '_H$'
    } | sort -u
}

# declared PAGE...: "NAME PAGE" for what a page's bold lines declare.
declared() {
    awk '/^\.B "/ {
            sub(/^\.B "/, "")
            if (sub(/^#define /, "")) sub(/[^A-Za-z0-9_].*/, "")
            else if (/^ / || !match($0, /[A-Za-z0-9_]+(\(|\[\]|;|$)/)) next
            else { $0 = substr($0, RSTART, RLENGTH); sub(/[^A-Za-z0-9_].*/, "") }
            print $0, FILENAME
        }' "$@"
}

# Of the public names in $tmp/names, those that are on no page of $tmp/manual, or on several.
not_on_one_page() {
    declared $(grep -L '^\.so ' "$tmp"/manual/man3/*) | sort -u > "$tmp/declared"
    awk 'FILENAME == ARGV[1] { count[$1]++; next } count[$1] != 1 { print $1 ": on " count[$1] + 0 " pages" }' "$tmp/declared" "$tmp/names"
}

@test "every public function and macro is on one page of the manual" {
    pages lib/[0-9][0-9]-*
    public_names > "$tmp/names"
    for name in eddy_version eddy_loop_open eddy_future_init CO_AWAIT GEN_YIELD container_of eddy_clock_monotonic; do
        grep -qx $name "$tmp/names"
    done
    [ "$(wc -l < "$tmp/names")" -gt 150 ]
    run not_on_one_page
    [ -z "$output" ] || { echo "$output"; return 1; }
}

@test "the test before fails when a function or macro is on no page, and when it is on two" {
    public_names > "$tmp/names"
    cp -r lib "$tmp/lib"
    # The declaration is taken out; it becomes part of a comment; it is there twice.
    sed -i '/^void eddy_loop_stop(/d' "$tmp"/lib/03-callbacks/loop.h
    sed -i 's|^\(int eddy_net_close(.*\)|/* \1 */|' "$tmp"/lib/01-select-echo/net.h
    sed -i '/^#define GEN_YIELD(/,/while (0)/d' "$tmp"/lib/05-generators/gen.h
    sed -i 's|^#ifdef __cplusplus|int eddy_version(void);\n&|' "$tmp"/lib/02-selector/fork.h
    pages "$tmp"/lib/[0-9][0-9]-*
    run not_on_one_page
    [ "$output" = "GEN_YIELD: on 0 pages
eddy_loop_stop: on 0 pages
eddy_net_close: on 0 pages
eddy_version: on 2 pages" ] || { echo "$output"; return 1; }
}

@test "each public name leads man to the page that declares it" {
    pages lib/[0-9][0-9]-*
    public_names | grep -E '^(eddy|CO|GEN)_' > "$tmp/names"
    declared $(grep -L '^\.so ' "$tmp"/manual/man3/*) > "$tmp/declared"
    while read -r name; do
        page=$tmp/manual/man3/$name.3
        [ -f "$page" ] || { echo "there is no page $name(3)"; return 1; }
        read -r so target < "$page"
        [ "$so" != .so ] || page=$tmp/manual/$target
        grep -qxF "$name $page" "$tmp/declared" || { echo "$name(3) is ${page##*/}, which does not declare it"; return 1; }
    done < "$tmp/names"
}

@test "the pages have what a page has, and show each sign as it is in the header" {
    mkdir "$tmp/99-odd"
    cat > "$tmp/99-odd/odd.h" << 'TEXT'
/*
 * odd - what roff would read as its own: a page shows it.
 *
 * .dots begin this line
 * 'quotes this one, and a \ stands in it; -EINVAL is no hyphen, non-blocking has one.
 *
 *     printf("%s\n", 'x' ^ ~`y`); // a - b
 */
#ifndef EDDY_ODD_H
#define EDDY_ODD_H

/* - first: `a_b`
 * - second, eddy_odd() */
int eddy_odd(const char *text, void (*fn)(struct eddy_a_long_name *first, int second), int third);

#endif
TEXT
    pages "$tmp/99-odd"
    cat > "$tmp/expected" << 'TEXT'
.SH NAME
eddy_odd \- what roff would read as its own
.SH "SYNOPSIS"
.nf
.B #include <eddy.h>
.fi
.PP
.BI "cc " program.c " $(pkg\-config \-\-cflags \-\-libs eddy)"
.SH "DESCRIPTION"
What roff would read as its own: a page shows it.
.PP
\&.dots begin this line
\&'quotes this one, and a \e stands in it; \-EINVAL is no hyphen, non-blocking has one.
.PP
.EX
printf(\(dq%s\en\(dq, \(aqx\(aq \(ha \(ti\(gay\(ga); // a \- b
.EE
.SH "INTERFACE"
.nf
.B "int eddy_odd(const char *text,"
.B "    void (*fn)(struct eddy_a_long_name *first, int second),"
.B "    int third);"
.fi
.RS 4
.IP \(bu 2
first: \fIa_b\fP
.IP \(bu 2
second, \fBeddy_odd\fP()
.RE
.SH "SEE ALSO"
.BR eddy (7)
TEXT
    sed '1,/^\.TH /d' "$tmp/manual/man3/eddy_odd.3" | diff "$tmp/expected" -
}

@test "eddy(7) tells of each page, and of asyncio's words" {
    pages lib/[0-9][0-9]-*
    for header in lib/*/*.h; do
        name=eddy_${header##*/} name=${name%.h}
        grep -qx "\.BR $name (3)" "$tmp/manual/man7/eddy.7"
        [ "$(sed -n "/^\.BR $name (3)/{n;p}" "$tmp/manual/man7/eddy.7")" = "$(sed -n "s/^$name .. //p" "$tmp/manual/man3/$name.3")" ]
    done
    # The table's rows, without its head.
    rows=$(sed -n '/^| asyncio, /,/^$/p' lib/README.md | sed '1,2d' | grep -c '^|')
    [ "$rows" -gt 30 ]
    [ "$(sed -n '/FROM ASYNCIO/,/SEE ALSO/p' "$tmp/manual/man7/eddy.7" | grep -c '^\.TP')" = "$rows" ]
}

@test "what formats manual pages has nothing to complain of" {
    pages lib/[0-9][0-9]-*
    real=($(grep -L '^\.so ' "$tmp"/manual/man3/*) "$tmp/manual/man7/eddy.7")
    tried=
    if command -v groff > /dev/null; then
        tried=groff
        run groff -man -ww -z "${real[@]}"
        [ -z "$output" ] || { echo "$output"; return 1; }
    fi
    if command -v mandoc > /dev/null; then
        tried=mandoc
        # A page that is made from a header has no date of its own.
        run bash -c 'mandoc -Tlint -Wwarning "$@" | grep -v "missing date"' - "${real[@]}"
        [ -z "$output" ] || { echo "$output"; return 1; }
    fi
    [ -n "$tried" ] || skip "neither groff nor mandoc is installed"
}

@test "man finds the pages of an installed eddy, by the names of headers and functions" {
    make -s --no-print-directory "BUILD=$BUILD" install "PREFIX=$tmp/a b" > /dev/null
    manual="$tmp/a b/share/man"
    [ -f "$manual/man3/eddy_loop.3" ] && [ -f "$manual/man7/eddy.7" ]
    [ "$(cat "$manual/man3/eddy_loop_call_soon.3")" = ".so man3/eddy_loop.3" ]
    command -v man > /dev/null && command -v groff > /dev/null || skip "man or groff is not installed"
    for name in eddy_loop eddy_loop_call_soon; do
        text=$(MANPAGER=cat MANWIDTH=100 man -M "$manual" $name | sed 's/.\x08//g')
        [[ $text == *"eddy_loop - the event loop"*"int eddy_loop_call_soon(struct eddy_loop *loop,"* ]] || { echo "$text"; return 1; }
    done
    [[ $(MANPAGER=cat man -M "$manual" 7 eddy) == *"an asyncio in C"* ]]
}
