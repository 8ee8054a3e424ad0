#!/bin/sh
# Says what is wrong with a library file's includes, if they reach up: a module may include modules
# of its own chapter and of earlier ones. Status 1 if there are any. Usage: layers.sh FILE...
status=0
for file in "$@"; do
    own=$(basename "$(dirname "$file")")
    lib=$(dirname "$(dirname "$file")")
    for header in $(sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file"); do
        for found in "$lib"/[0-9][0-9]-*/"$header"; do
            [ -f "$found" ] || continue
            stage=$(basename "$(dirname "$found")")
            [ "$(printf '%s\n%s\n' "$stage" "$own" | sort | tail -n 1)" = "$own" ] && continue
            echo "$file includes \"$header\" of chapter $stage, which comes later than its own, $own."
            echo "A module may include its own chapter's modules and earlier ones. Move the code up to"
            echo "$stage, or hand the lower module a function pointer or an operations struct."
            status=1
        done
    done
done
exit $status
