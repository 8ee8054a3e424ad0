/* The solution of exercise 04.2 is the library's own file. */
#include "../../lib/04-futures/future.c"
