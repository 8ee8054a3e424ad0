#!/bin/sh
# known.sh BUILD [FILE...] - do the fault sweeps know every call that the library makes? Each must
# be wrapped (by the files that list.sh reads) or be in the file harmless, with the reason.
build=$1
shift
here=$(dirname "$0")
library=$(ls "$build"/stage-*/libeddy.a | tail -n 1)
rooms=$(mktemp -d) || exit 1
trap 'rm -rf "$rooms"' EXIT

# What the compiler, its sanitizers and coverage add on their own account.
runtime='^_*(asan|ubsan|tsan|msan|lsan|hwasan|sanitizer|gcov|llvm|gcc|stack_chk|tls_get)_
^_+(fdelt_chk|errno_location|error)$
^_GLOBAL_OFFSET_TABLE_$
^__[a-z]+(si|di|ti|sf|df|tf|xf)[0-9]$'

nm -u "$library" | sed -n 's/^ *[Uw] \([^@]*\).*/\1/p' | sort -u > "$rooms/called"
nm "$library" | sed -n 's/.* [A-TV-Z] \([^@]*\).*/\1/p' | sort -u > "$rooms/own"
sh "$here/list.sh" "$@" > "$rooms/known"
sed -n 's/^\([A-Za-z0-9_][A-Za-z0-9_]*\) .*/\1/p' "$here/harmless" > "$rooms/harmless"
# A hardened build calls __memcpy_chk for memcpy.
sed 's/.*/__&_chk/' "$rooms/harmless" | cat - "$rooms/harmless" >> "$rooms/known"

count=$(wc -l < "$rooms/called")
unknown=$(grep -vxFf "$rooms/own" "$rooms/called" | grep -vxFf "$rooms/known" | grep -vE "$runtime")
if [ "$count" -eq 0 ]; then
    echo "not ok 1 - the fault sweeps know every call of the library"
    echo "# came      no calls at all from nm -u $library"
elif [ -n "$unknown" ]; then
    echo "not ok 1 - the fault sweeps know every call of the library"
    for call in $unknown; do
        echo "# came      the library calls $call(), which nobody makes fail"
    done
    echo "# do        if it can fail: wrap it in $here/faults.c (faults_epoll.c, if only Linux"
    echo "#           has it), and add the errors it can have to $here/plausible.c"
    echo "# do        if it cannot: add it to $here/harmless, with the reason"
else
    echo "ok 1 - the fault sweeps know every call of the library"
fi
echo 1..1
[ "$count" -gt 0 ] && [ -z "$unknown" ]
