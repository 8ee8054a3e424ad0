/* Stands in for faults_epoll.c where there is no epoll, so no call of it to wrap. */
#include "faults_parts.h"

const int faults_linked = 0;
