#!/bin/sh
# install.sh FOLDER... - puts the library of the newest stage where the system's tools look for it: both
# libraries, each chapter's headers, the umbrella eddy.h beside them, the manual, the pkg-config file.
# What it has made, folders too, is noted in PREFIX/share/eddy/installed, for uninstall.sh.
# The environment has BUILD VERSION SONAME NEWEST, and where: DESTDIR PREFIX LIBDIR INCLUDEDIR MANDIR.
set -e
LC_ALL=C
export LC_ALL

refuse() {
    echo "A folder for an install $1: $folder" >&2
    exit 1
}

# They are written into a pkg-config file, and noted by the line.
for folder in "$PREFIX" "$LIBDIR" "$INCLUDEDIR" "$MANDIR"; do
    case $folder in
    *[\"\\\$\`]* | *'
'*) refuse "has no quotes, \$, backslashes or newlines in its name; this has" ;;
    /*) ;;
    *) refuse "is named from the root, such as /usr/local; this is not" ;;
    esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# folder PATH: makes it, and what is missing above it. `install -d` alone leaves the upper ones to the umask.
folder() {
    [ ! -d "$DESTDIR$1/" ] || return 0
    [ -z "$1" ] || folder "${1%/*}"
    install -d -m 755 "$DESTDIR$1/"
    echo "$1/" >> "$work/installed"
}

# put MODE FOLDER FILE...
put() {
    mode=$1 into=$2
    shift 2
    folder "$into"
    install -m "$mode" "$@" "$DESTDIR$into/"
    for file; do echo "$into/${file##*/}"; done >> "$work/installed"
}

# Below the prefix, so that pkg-config can move it.
below() {
    case $1 in "$PREFIX"/*) echo "\${prefix}${1#"$PREFIX"}" ;; *) echo "$1" ;; esac
}

# The quotes are for a folder with a space in its name.
package() {
    cat << TEXT
prefix=$PREFIX
libdir=$(below "$LIBDIR")
includedir=$(below "$INCLUDEDIR")

Name: eddy
Description: an asyncio in C
Version: $VERSION
Libs: -L"\${libdir}" -leddy -pthread
Cflags: -I"\${includedir}" -pthread
TEXT
}

put 644 "$LIBDIR" "$BUILD/stage-$NEWEST/libeddy.a"
put 755 "$LIBDIR" "$BUILD/stage-$NEWEST/$SONAME"
ln -sf "$SONAME" "$DESTDIR$LIBDIR/libeddy.so"
echo "$LIBDIR/libeddy.so" >> "$work/installed"
for folder; do put 644 "$INCLUDEDIR/eddy" "$folder"/*.h; done
sh tests/install/umbrella.sh "$@" > "$work/eddy.h" && put 644 "$INCLUDEDIR" "$work/eddy.h"
package > "$work/eddy.pc" && put 644 "$LIBDIR/pkgconfig" "$work/eddy.pc"

# (Not in BUILD: two installs at once would be in each other's way.)
sh tests/install/manual.sh "$work/manual" "$VERSION" "$@"
put 644 "$MANDIR/man3" "$work"/manual/man3/*
put 644 "$MANDIR/man7" "$work"/manual/man7/*

# What an earlier install has made stays noted.
notes=$PREFIX/share/eddy
folder "$notes"
echo "$notes/installed" >> "$work/installed"
[ ! -f "$DESTDIR$notes/installed" ] || cat "$DESTDIR$notes/installed" >> "$work/installed"
sort -u "$work/installed" > "$work/sorted" && mv "$work/sorted" "$work/installed"
put 644 "$notes" "$work/installed"
echo "eddy $VERSION is installed under $DESTDIR$PREFIX"
