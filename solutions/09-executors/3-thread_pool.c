/* The solution of exercise 08.3 is the library's own file. */
#include "../../lib/09-executors/thread_pool.c"
