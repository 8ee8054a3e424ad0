/* The solution of exercise 01.2 is the library's own file. */
#include "../../lib/01-select-echo/net.c"
