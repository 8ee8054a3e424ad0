#!/bin/sh
# Makes every exercise's file anew from its solution. For maintainers: it overwrites a learner's work.
. tests/learn/common.sh
for number in $(exercises); do
    open_exercise "$number"
    sh tests/learn/given.sh "$number" > "$mine.new" || exit 1
    if cmp -s "$mine.new" "$mine"; then
        rm "$mine.new"
    else
        # What a learner has written is not thrown away.
        [ -z "$(recall "$number" begun)$(recall "$number" done)" ] || cp "$mine" "$mine.before-reset"
        mv "$mine.new" "$mine"
        echo "made $mine"
    fi
done
