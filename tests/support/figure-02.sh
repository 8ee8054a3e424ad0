#!/bin/sh
# figure-02.sh [BUILD] - chapter 2's picture, from a run on this machine: what one message costs with
# each selector, and more and more silent clients. Both axes are logarithmic. It follows the
# reader's choice of light or dark.
build=${1:-build}
to=chapters/02-selector/cost.svg
new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT

"$build/chapters/02-selector/cost" > "$new.table" && awk '
    function x(idle) { return 70 + (log(idle) / log(10) - 1) * 170 }
    function y(us) { return 300 - (log(us) / log(10) + 1) * 52 }
    function text(at_x, at_y, class, s) {
        printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", at_x, at_y, class, s
    }
    $1 == "silent" {
        for (i = 3; i <= NF; i++)
            name[i - 2] = $i
        selectors = NF - 2
    }
    $1 ~ /^[0-9]+$/ {
        idle[++rows] = $1
        for (i = 1; i <= selectors; i++)
            cost[rows, i] = $(i + 1)
    }
    function axes(    k) {
        for (k = -1; k <= 4; k++) {
            printf "<path d=\"M70 %.1fH560\" class=\"grid\"/>\n", y(10 ^ k)
            text(62, y(10 ^ k) + 4, "right", 10 ^ k " µs")
        }
        for (k = 1; k <= rows; k++) {
            printf "<path d=\"M%.1f 300v5\" class=\"grid\"/>\n", x(idle[k])
            text(x(idle[k]), 320, "middle", idle[k])
        }
        text(315, 342, "middle", "silent clients")
    }
    function line(i,    k, path, last) {
        for (k = 1; k <= rows; k++)
            if (cost[k, i] != "-") {
                path = path sprintf("%s%.1f %.1f", path ? "L" : "M", x(idle[k]), y(cost[k, i]))
                last = k
            }
        if (!last)
            return
        printf "<path d=\"%s\" class=\"line %s\"/>\n", path, name[i]
        for (k = 1; k <= last; k++)
            printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"dot %s\"/>\n", \
                x(idle[k]), y(cost[k, i]), name[i]
        if (last == rows)
            text(x(idle[last]) + 10, y(cost[last, i]) + 4, "name " name[i], name[i])
        else
            text(x(idle[last]) - 8, y(cost[last, i]) - 10, "right name " name[i], name[i] " ends here")
    }
    END {
        if (!rows)
            exit 1
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 620 355\" role=\"img\">"
        print "<title>What one message costs while other clients are silent</title>"
        print "<style>"
        print "svg { background: #fff } text { font: 13px sans-serif; fill: #24292f }"
        print ".back { fill: #fff } .grid { stroke: #d0d7de; fill: none }"
        print ".right { text-anchor: end } .middle { text-anchor: middle } .name { font-weight: bold }"
        print ".line { fill: none; stroke-width: 2.5 }"
        print ".line.epoll { stroke: #1a7f37 } .line.poll { stroke: #0969da }"
        print ".line.select { stroke: #bc4c00; stroke-dasharray: 7 5 }"
        print ".dot.epoll, .name.epoll { fill: #1a7f37 } .dot.poll, .name.poll { fill: #0969da }"
        print ".dot.select, .name.select { fill: #bc4c00 }"
        print "@media (prefers-color-scheme: dark) {"
        print "svg { background: #0d1117 } text { fill: #e6edf3 }"
        print ".back { fill: #0d1117 } .grid { stroke: #3d444d }"
        print ".line.epoll { stroke: #3fb950 } .line.poll { stroke: #58a6ff } .line.select { stroke: #f0883e }"
        print ".dot.epoll, .name.epoll { fill: #3fb950 } .dot.poll, .name.poll { fill: #58a6ff }"
        print ".dot.select, .name.select { fill: #f0883e }"
        print "}"
        print "</style>"
        print "<rect width=\"620\" height=\"355\" class=\"back\"/>"
        axes()
        for (i = 1; i <= selectors; i++)
            line(i)
        print "</svg>"
    }' "$new.table" > "$new" && cat "$new" > "$to" && echo "figure-02: $to is new"
status=$?
rm -f "$new.table"
exit $status
