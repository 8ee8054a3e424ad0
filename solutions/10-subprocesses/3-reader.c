/* The solution of exercise 10.3 is the library's own file. */
#include "../../lib/10-subprocesses/reader.c"
