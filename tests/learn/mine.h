/*
 * mine - what `make mine` puts before a learner's module: a symbol that no other file defines, with
 * the file's name in it. The linker must find it, and so proves whose object it took.
 */
#ifndef EDDY_TESTS_MINE_H
#define EDDY_TESTS_MINE_H

extern const char EDDY_MINE[];
const char EDDY_MINE[] = EDDY_MINE_FILE;

#endif
