#!/bin/sh
# uninstall.sh - takes away what install.sh has noted: each file, and each folder that it has made and
# nobody else has put anything into. The environment has DESTDIR PREFIX.
notes=$DESTDIR$PREFIX/share/eddy/installed
if [ ! -f "$notes" ]; then
    echo "There is no eddy under $DESTDIR$PREFIX: make install notes what it does in $notes" >&2
    exit 1
fi
paths=$(LC_ALL=C sort -r "$notes") # what is in a folder before the folder
printf '%s\n' "$paths" | while IFS= read -r path; do
    case $path in
    */) rmdir "$DESTDIR$path" 2> /dev/null ;;
    *) rm -f "$DESTDIR$path" ;;
    esac
done
[ -f "$notes" ] || echo "eddy is no longer under $DESTDIR$PREFIX"
