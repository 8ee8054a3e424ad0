# environment.sh - what the caller's environment must not decide. Sourced by what runs tests, and by the
# learner's tools. What a shell cannot undo (ignored signals, descriptors) the program fresh does.
#
# Of eddy's own variables these stay: EDDY_PROGRESS (the learner's file), EDDY_FULL (whole sweeps) and
# EDDY_UNDER (make valgrind).
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT BASH_ENV ENV TZ LANGUAGE
unset ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LSAN_OPTIONS
unset MAKEFLAGS MFLAGS MAKELEVEL # how many jobs the make above has is no business of the makes below
for name in $(env | sed -n 's/^\(EDDY_[A-Za-z0-9_]*\)=.*/\1/p'); do
    case $name in EDDY_PROGRESS | EDDY_FULL | EDDY_UNDER) ;; *) unset "$name" ;; esac
done
LC_ALL=C
export LC_ALL
umask 022
ulimit -c 0 2> /dev/null || : # a crash is part of some tests
