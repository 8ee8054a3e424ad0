/* The solution of exercise 11.2 is the library's own file. */
#include "../../lib/11-transports/write_buffer.c"
