#!/bin/sh
# oracle.sh BUILD [yes] - plays the scenarios on Python's asyncio, and compares their logs with the
# recorded ones. With "yes" the new logs take the place of those that differ.
build=$1 accept=$2
differ=

if ! python3 -c 'import asyncio, sys; sys.exit(sys.version_info < (3, 8))' 2> /dev/null; then
    echo "There is no python3 (3.8 or later) here: the recorded logs are left as they are."
    exit 0
fi
for log in tests/oracle/[0-9]*/*.log; do
    [ -f "${log%.log}.py" ] && continue
    echo "$log is of no scenarios: there is no ${log%.log}.py"
    differ=yes
done
for source in tests/oracle/[0-9]*/*.py; do
    log=${source%.py}.log
    of=$(sed -n 's/^PYTHON = "\(.*\)".*/\1/p' "$source")
    if [ -n "$of" ] && ! python3 -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$of')"; then
        echo "$log is left as it is: it tells what Python $of does"
        continue
    fi
    new=$build/${log#tests/}
    mkdir -p "${new%/*}"
    recorded=$log
    [ -f "$log" ] || recorded=/dev/null
    python3 -B tests/oracle/record.py "$source" > "$new" || exit 1
    diff -u "$recorded" "$new" && continue
    differ=yes
    [ "$accept" != yes ] || cp "$new" "$log"
done
version=$(python3 -c 'import platform; print(platform.python_version())')
if [ -z "$differ" ]; then
    echo "asyncio of Python $version logs what is recorded"
    exit 0
fi
echo "What is recorded is not what asyncio of Python $version logs: see above"
[ "$accept" = yes ] || echo "To record it, if it is right: make oracle ACCEPT=yes"
[ "$accept" = yes ]
