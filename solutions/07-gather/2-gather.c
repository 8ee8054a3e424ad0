/* The solution of exercise 07.2 is the library's own file. */
#include "../../lib/07-gather/gather.c"
