/* The solution of exercise 03.2 is the library's own file. */
#include "../../lib/03-callbacks/heap.c"
