/*
 * version - which eddy this is: what a program was compiled with, and what it runs on.
 *
 * The macros are the header's, so the compiler copies them into the program. eddy_version() is the
 * library's, and a shared library may be another one than the header came with. Until 1.0 any
 * version may change a struct, so the two must be the same; eddy_loop_open() looks (chapter 3).
 *
 * Here, and nowhere else, the version is written down: the Makefile reads it from these lines.
 */
#ifndef EDDY_VERSION_H
#define EDDY_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

#define EDDY_VERSION_MAJOR 0
#define EDDY_VERSION_MINOR 1
#define EDDY_VERSION_PATCH 0

/* As text, "0.1.0". */
#define EDDY_VERSION EDDY_DOTS_(EDDY_VERSION_MAJOR, EDDY_VERSION_MINOR, EDDY_VERSION_PATCH)

/* As a number that grows from version to version: 100 for 0.1.0. For #if, too. */
#define EDDY_VERSION_NUMBER \
    (EDDY_VERSION_MAJOR * 10000 + EDDY_VERSION_MINOR * 100 + EDDY_VERSION_PATCH)

/* EDDY_VERSION, as the library was compiled. Static text. Any thread. */
const char *eddy_version(void);

/* Two steps, so that the names become numbers before the numbers become text. */
#define EDDY_DOTS_(major, minor, patch) EDDY_TEXT_(major, minor, patch)
#define EDDY_TEXT_(major, minor, patch) #major "." #minor "." #patch

#ifdef __cplusplus
}
#endif

#endif
