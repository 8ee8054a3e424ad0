#!/bin/sh
# Prints the sanitizers that the compiler has and that run here, or nothing. Asked once a build folder.
build=$1
mkdir -p "$build"
answer=$build/sanitizers.$(basename "${CC:-cc}" | tr ' ' _)
if [ ! -f "$answer" ]; then
    dir=$(mktemp -d) && echo 'int main(void) { return 0; }' > "$dir/x.c"
    if ${CC:-cc} -fsanitize=address,undefined "$dir/x.c" -o "$dir/x" 2> /dev/null && "$dir/x" 2> /dev/null; then
        echo address,undefined
    fi > "$answer"
    rm -rf "$dir"
fi
cat "$answer"
