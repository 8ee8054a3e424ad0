#!/bin/sh
# Installs what the tests need beside a compiler and make: bats and an nc. By the system's own
# package manager; does nothing when both are there.
missing() {
    command -v bats > /dev/null 2>&1 || echo bats
    # There are several programs called nc. The lessons' transcripts use OpenBSD's -N.
    nc -h 2>&1 | grep -q -e OpenBSD -e 'nc \[-[0-9A-Za-z]*N' || echo nc
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# netcat is named differently everywhere.
install() {
    if command -v apt-get > /dev/null 2>&1; then
        as_root apt-get update -qq
        DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends bats netcat-openbsd
    elif command -v dnf > /dev/null 2>&1; then
        as_root dnf install -y -q bats nmap-ncat
    elif command -v apk > /dev/null 2>&1; then
        as_root apk add --quiet bats netcat-openbsd
    elif command -v pacman > /dev/null 2>&1; then
        as_root pacman -S --noconfirm --needed bash-bats openbsd-netcat
    elif command -v pkg > /dev/null 2>&1; then
        as_root pkg install -y bats-core
    else
        echo "deps: no package manager that I know; please install bats-core and an nc (netcat) yourself" >&2
        exit 1
    fi
}

if [ -z "$(missing)" ]; then
    echo "deps: bats and nc are here"
    exit 0
fi
echo "deps: installing $(missing | tr '\n' ' ')"
install > /tmp/eddy-deps.$$ 2>&1 || {
    cat /tmp/eddy-deps.$$ >&2
    rm -f /tmp/eddy-deps.$$
    echo "deps: could not install $(missing | tr '\n' ' ')" >&2
    exit 1
}
rm -f /tmp/eddy-deps.$$
[ -z "$(missing)" ] || { echo "deps: still missing: $(missing | tr '\n' ' ')" >&2; exit 1; }
