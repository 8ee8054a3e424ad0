#!/bin/sh
# programs.sh BUILD [--full] - sweeps the demos: each one's tested copy runs once for each fault of
# each call that it makes; --full: all faults, on each selector. See programs/programs.c.
build=$1 full=$2
library=$(ls "$build"/stage-*/libeddy.a | tail -n 1)
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# The selectors of this build, by the names that their parts have in the library.
selectors=$(nm "$library" | sed -n 's/.* [BDR] eddy_selector_\([a-z]*\)$/\1/p' | grep -vx table |
    sort -u)

sweep() {
    "$build/tests/faults/programs/programs" $full "$1" "$2"
}

# Whether a demo listens: itself, or by a header of its folder.
listens() { # the folder, the source
    headers=$(sed -n 's/^#include "\([a-z_]*\.h\)"$/\1/p' "$1/$2" | while read -r header; do
        [ ! -f "$1/$header" ] || echo "$1/$header"
    done)
    # shellcheck disable=SC2086
    grep -q 'demo_\(try_\)*listen(' "$1/$2" $headers
}

# The servers. (What shows a mistake on purpose is left out: it has nothing to prove.)
sweep_all() {
    for program in "$build"/tested/[0-9]*/*; do
        room=${program%/*} name=${program##*/}
        room=${room##*/}
        case $name in *.* | trap-* | blocking) continue ;; esac
        case $room/$name in */proxy | */unix) continue ;; esac # they need more than a port: their own tests
        listens "chapters/$room" "$name.c" || continue
        # What takes its time is told to be quick: a client does not wait long.
        export EDDY_OPTION= EDDY_SECONDS=0.005
        case $name in lookup | fetch | pool) EDDY_OPTION=--seconds ;; esac
        if ! grep -q '"\(selector\|loop\|turn\|until_complete\|run\).h"' "chapters/$room/$name.c"; then
            sweep "$room/$name" "$program"
            continue
        fi
        for selector in $selectors; do
            EDDY_SELECTOR=$selector sweep "$room/$name [$selector]" "$program"
            [ "$full" ] || break
        done
    done
}

sweep_all > "$log"
awk '/^(not )?ok / {
         sub(/ok -/, "ok " ++number " - programs:")
         programs++
         failed += /^not/
         if (match($0, /\([0-9]+ faults\)$/)) faults += substr($0, RSTART + 1) + 0
     }
     { print }
     END {
         print "1.." number + 0
         print "# " faults + 0 " faults in " programs + 0 " programs"
         if (full && programs && !failed)
             print "programs: " faults " faults in " programs \
                 " programs: no crash, no leak, no hang"
         exit failed > 0 || !programs
     }' full="$full" "$log"
