/* The solution of exercise 03.3 is the library's own file. */
#include "../../lib/03-callbacks/turn.c"
