#!/bin/sh
# expand.sh FILE - prints a C file with the macros of generators and coroutines expanded, and laid out
# to be read: what the compiler sees of GEN_YIELD and CO_AWAIT. Everything else stays as it is, and what
# is printed compiles. Then frames.awk says what no compiler does; its status is the end's.
file=$1
here=$(dirname "$0")
if [ -z "$file" ]; then
    echo "Which file? Such as: make expand FILE=chapters/05-generators/echo.c" >&2
    exit 1
fi
if [ ! -f "$file" ]; then
    echo "There is no file $file. One that there is: make expand FILE=chapters/05-generators/echo.c" >&2
    exit 1
fi
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT

# The macros alone; what they call stays in the headers. And what the file defines with their help.
{
    cat lib/*/gen.h lib/*/co.h 2> /dev/null | awk '
        /^#define (GEN|CO|EDDY)_/ { name = $2; sub(/\(.*/, "", name); wanted = name !~ /^EDDY_/ || name ~ /_$/ }
        !more && !/^#define/ { next }
        wanted { print }
        { more = /\\$/ }'
    awk '
        !more { text = ""; known = /^[ \t]*#[ \t]*define[ \t]/ }
        { text = text $0 "\n"; more = /\\$/ }
        more || !known { next }
        {
            name = text
            sub(/^[ \t]*#[ \t]*define[ \t]*/, "", name)
            sub(/[^A-Za-z_0-9].*/, "", name)
            if (text ~ "[^A-Za-z_0-9]((GEN|CO)_[A-Z_]+" names ")[^A-Za-z_0-9]") {
                names = names "|" name
                printf "%s", text
            }
        }' "$file"
} > "$room/macros.h"

# Directives are the file's own business: "@@" is in their place.
{
    echo "# 1 \"$file\""
    awk -f "$here/code.awk" -f - "$file" << 'TEXT'
!more && !in_comment { more = /^[ \t]*#/ }
{ hidden = more; code_of($0); more = hidden && (/\\$/ || in_comment) }
{ print hidden ? "@@" : $0 }
TEXT
} > "$room/source.c"
${CC:-cc} -E -C -undef -nostdinc -x c -imacros "$room/macros.h" "$room/source.c" > "$room/expanded.c" 2> "$room/errors" || {
    cat "$room/errors" >&2
    exit 1
}
file=$file awk -f "$here/code.awk" -f "$here/expand.awk" "$room/expanded.c"
awk -f "$here/code.awk" -f "$here/frames.awk" "$file" >&2
