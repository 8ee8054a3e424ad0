# common.sh - what the learner's tools share: where the exercises are, what their `about` says, and
# what the learner has done. Sourced from the project's top. POSIX sh.
#
# An exercise NN.M is a folder tests/NN-name/exercises/M-word:
#     about     key and value, a line each: title, kind, file; page and section of the lesson; where they
#               apply, module, blank (functions, in the order in which one writes them), write (a function,
#               with the page and section that tell of it, if not the exercise's), tests (the module's own
#               among the chapter's), far (those that come nowhere near it: only `make mine` runs them),
#               cases (what the sentences of those that count contain) and wrap (calls that the linker leads
#               through check.c)
#     hints     three layers, each headed by "--- where", "--- idea", "--- nearly"
#     check.c   the test (predict: program.c and why; drop-in: the chapter's own tests serve, after check.c if there is one)
#     wrong/    plausible wrong answers, as changes to the solution, with the message each must draw
#     right/    right answers that look another way, where a test might refuse them

progress=${EDDY_PROGRESS:-exercises/progress.txt}
MAKE=${MAKE:-make}
unset MAKEFLAGS MFLAGS MAKELEVEL 2>/dev/null

# Colours on a terminal only, and not with NO_COLOR.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m') plain=$(printf '\033[0m')
else
    bold='' green='' red='' plain=''
fi

# All exercises as NN.M, in the order in which the lessons come to them.
exercises() { awk -f tests/learn/order.awk tests/[0-9][0-9]-*/exercises/[0-9]*-*/about; }

# Sets the variables of exercise NN.M: room (NN-name), dir, title, kind, file, module, blank.
open_exercise() {
    dir=
    for dir in tests/"${1%.*}"-*/exercises/"${1#*.}"-*; do break; done
    [ -f "$dir/about" ] || return 1
    room=${dir#tests/} room=${room%%/*}
    title=$(about title) kind=$(about kind) file=$(about file)
    module=$(about module) blank=$(about blank)
    mine=exercises/$room/$file
    solution=solutions/$room/$file
    source=$solution
    [ -z "$module" ] || source=lib/$room/$module.c
}

about() {
    awk -v key="$1" '$1 == key { sub(/^[^ \t]+[ \t]+/, ""); print }' "$dir/about"
}

# The page and the section that tell of the exercise, or of a function that it blanks:
# "chapters/06-tasks/cancel.md, step 14: down the chain, in a loop".
lesson() {
    told=$(about write | awk -v name="${1:-}" '$1 == name { sub(/^[^ \t]+[ \t]+/, ""); print }' | tr -s ' ')
    told=${told:-$(about page) $(about section)}
    printf 'chapters/%s/%s, %s\n' "$room" "${told%% *}" "${told#* }" | sed 's/, Step /, step /'
}

# Ends the program when there is no such exercise, and says which there are.
need_exercise() {
    case $1 in
    *[!0-9.]* | *.*.* | '' | .* | *.) ;;
    *.*) open_exercise "$1" && return ;;
    *) [ -n "$(exercises | grep "^$1\.")" ] && return ;;
    esac
    echo "There is no exercise $1. There are: $(exercises | tr '\n' ' ')"
    exit 1
}

# The same, for what makes sense for one exercise only.
need_one_exercise() {
    case $1 in *.*) need_exercise "$1" ;; *)
        echo "Which exercise? There are: $(exercises | tr '\n' ' ')"
        exit 1
        ;;
    esac
}

# What a pass depends on: the learner's file and the tests; and behind the last "/" the library.
fingerprint() {
    open_exercise "$1"
    # shellcheck disable=SC2046
    echo "$(cat "$mine" $(find "$dir" -type f | sort) \
        $(find tests/support tests/faults tests/"$room" -name '*.[ch]' | sort) 2> /dev/null | cksum)/$(sum_of_library)" | tr ' ' -
}

sum_of_library() { cat $(find lib -name '*.[ch]' | sort) 2> /dev/null | cksum; }

# The library's files that are not as they were given, or that are new there, as git knows it. Status 1: this
# is no tree of git's.
edited_library() {
    [ -z "$(git rev-parse --show-prefix 2> /dev/null || echo none)" ] || return 1
    git diff --name-only HEAD -- lib 2> /dev/null
    git ls-files --others --exclude-standard -- lib 2> /dev/null
}

# A learner who has changed the library by mistake is told how to get it back.
tell_edited_library() {
    for each in $(edited_library); do
        if git ls-files --error-unmatch "$each" > /dev/null 2>&1; then
            echo "$each is not as it was given. If that is a mistake:  git checkout HEAD $each"
        else
            echo "$each is new. If that is a mistake:  rm $each"
        fi
    done
    if [ -n "$kept" ] && ! edited_library > /dev/null; then
        echo "lib/ is not as it was when $kept passed. If that is a mistake, take it anew from where you have this tree."
    fi
}

# The learner's state is a text file: lines such as "NN.M done FINGERPRINT", "NN.M hint LAYERS" and "NN.M
# tries COUNT-STATE".
recall() {
    [ -f "$progress" ] && awk -v n="$1" -v what="$2" '$1 == n && $2 == what { v = $3 } END { print v }' "$progress"
}

remember() {
    forget "$1" "$2"
    echo "$1 $2 $3" >> "$progress"
    sort -o "$progress" "$progress"
}

forget() {
    [ -f "$progress" ] || return 0
    awk -v n="$1" -v what="$2" '!($1 == n && $2 == what)' "$progress" > "$progress.new"
    mv "$progress.new" "$progress"
}

# A library that was changed by mistake takes no pass away: when only that has changed since NN.M passed,
# and not because git has brought a newer one, the pass counts. Then `kept` is the exercise.
kept=
is_kept() {
    before=$(recall "$1" done)
    now=$(fingerprint "$1")
    [ "${before%/*}" = "${now%/*}" ] && [ "$before" != "$now" ] || return 1
    ! edited=$(edited_library) || [ -n "$edited" ] || return 1
    kept=$1
}

# Is NN.M done? A pass counts as long as nothing changed that it depended on; then it is tried anew.
is_done() {
    before=$(recall "$1" done)
    [ -n "$before" ] || return 1
    now=$(fingerprint "$1")
    [ "$before" = "$now" ] && return 0
    is_kept "$1" && return 0
    sh tests/learn/check.sh "$1" > /dev/null 2>&1
    case $? in
    0) remember "$1" done "$now" ;;
    1 | 2) forget "$1" done && return 1 ;;
    *) return 1 ;; # it was not tested: another check is under way, or the tool failed
    esac
}
