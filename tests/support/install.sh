#!/bin/sh
# install.sh FOLDER... - puts the library of the newest stage under DESTDIR/PREFIX: both libraries,
# each chapter's headers under include/eddy, the umbrella eddy.h beside them, the pkg-config file.
# The environment has BUILD VERSION SONAME NEWEST PREFIX DESTDIR.
set -e
lib=$DESTDIR$PREFIX/lib include=$DESTDIR$PREFIX/include
mkdir -p "$lib/pkgconfig" "$include/eddy"
cp "$BUILD/stage-$NEWEST/libeddy.a" "$lib/"
cp "$BUILD/stage-$NEWEST/$SONAME" "$lib/"
ln -sf "$SONAME" "$lib/libeddy.so"

umbrella=$include/eddy.h
{
    echo "/* eddy $VERSION - an asyncio in C. Made by \`make install\`; chapter by chapter. */"
    printf '#ifndef EDDY_H\n#define EDDY_H\n'
    for folder in "$@"; do
        printf '\n/* %s */\n' "${folder#lib/}"
        for header in "$folder"/*.h; do
            cp "$header" "$include/eddy/"
            printf '#include "eddy/%s"\n' "${header##*/}"
        done
    done
    printf '\n#endif\n'
} > "$umbrella"

cat > "$lib/pkgconfig/eddy.pc" << TEXT
prefix=$PREFIX
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: eddy
Description: an asyncio in C
Version: $VERSION
Libs: -L\${libdir} -leddy -pthread
Cflags: -I\${includedir} -pthread
TEXT
echo "eddy $VERSION is installed under $DESTDIR$PREFIX"
