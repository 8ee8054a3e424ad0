#!/bin/sh
# mutants.sh NN.M [COUNT] - how much a drop-in's check sees: it makes 20 small changes, or COUNT, in the
# functions that the exercise blanks, one at a time, runs the check on each, and says which of them it lets
# pass. Always the same changes, spread over the functions. One that lives is a test that is missing, or a
# change that changes nothing; a person has to look. VERBOSE=1 tells, too, which test found each of the others.
# Status: 0 when all are found.
. tests/support/environment.sh
. tests/learn/common.sh
need_one_exercise "$1"
number=$1 wanted=${2:-20}
[ -n "$blank" ] && [ -f "$source" ] || { echo "$number has no functions that are blanked"; exit 1; }
work=$(mktemp -d)
mkdir "$work/parts"
export EDDY_PARTS="$work/parts" # what all answers share: see check.sh
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

ranges=$(awk -v names="$blank" -v ranges=1 -f tests/learn/blank.awk "$source" | tr '\n' ' ')
awk -v ranges="$ranges" -f tests/gates/mutants.awk "$source" > "$work/all"
# As many as are wanted, evenly spread; then the others, in place of those that do not compile.
awk -v wanted="$wanted" '
    { line[NR] = $0 }
    END {
        for (i = 0; i < wanted && i < NR; i++)
            taken[k = int(i * NR / (wanted < NR ? wanted : NR)) + 1] = 1
        for (i = 1; i <= NR; i++) if (i in taken) print line[i]
        for (i = 1; i <= NR; i++) if (!(i in taken)) print line[i]
    }' "$work/all" > "$work/chosen"

tab=$(printf '\t')
tried=0 found=0
while IFS= read -r change && [ $tried -lt "$wanted" ]; do
    at=${change%%"$tab"*}
    TEXT=${change#*"$tab"} awk -v at="$at" 'NR == at { $0 = ENVIRON["TEXT"] } { print }' "$source" > "$work/$file"
    sh tests/learn/check.sh "$number" "$work/$file" > "$work/said" 2>&1 < /dev/null
    case $? in
    2) continue ;;
    0) echo "lives  $source:$at" && diff "$source" "$work/$file" | sed -n 's/^[<>] */       &/p' ;;
    3) echo "?      $source:$at" && sed 's/^/       /' "$work/said" && exit 1 ;;
    *) found=$((found + 1)) ;;
    esac
    tried=$((tried + 1))
    [ -z "${VERBOSE:-}" ] || sed -n "s/^  test  /found  $at:/p" "$work/said"
done < "$work/chosen"
echo "$number: $found of $tried changes are found (of $(wc -l < "$work/all" | tr -d ' ') that can be made)"
[ $found -eq $tried ]
