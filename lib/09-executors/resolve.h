/*
 * resolve - a name's addresses, without the loop standing still while a name server is asked: in a
 * thread. (asyncio's loop.getaddrinfo)
 *
 *     CO_AWAIT(co, eddy_getaddrinfo(&self->resolve, loop, "example.org", "80", NULL));
 *     for (struct addrinfo *each = self->resolve.list; each; each = each->ai_next)
 *         ...
 *     CO_FINALLY(co);
 *     eddy_getaddrinfo_free(&self->resolve);
 *
 * Names are asked for in EDDY_RESOLVERS threads of their own (offload.h), so that name servers that do not
 * answer keep no thread from other work; further names wait in line.
 *
 * Errors: the future's: EDDY_ENOHOST, EDDY_ERESOLVE, -ENOMEM, those of offload.h. Cancelling: as
 * offload.h says; a name that is being asked for comes to its end first. Memory: struct, host, service and
 * hints are the caller's, and stay until it is done. Threads: the loop's.
 */
#ifndef EDDY_RESOLVE_H
#define EDDY_RESOLVE_H

#include "offload.h"

#include <netdb.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read `list`; touch no other field. Valid when zeroed. */
struct eddy_resolve {
    struct eddy_offload offload;
    struct addrinfo *list; /* the addresses; NULL: none, or an error */
    const char *host, *service;
    const struct addrinfo *hints;
};

/* Ask for the addresses of `host` and the port of `service`, "80" or "http". `hints` NULL: streams of
 * both families. EDDY_EQUEUED: `resolve` asks already. What it had is freed. */
struct eddy_future *eddy_getaddrinfo(struct eddy_resolve *resolve, struct eddy_loop *loop,
                                     const char *host, const char *service,
                                     const struct addrinfo *hints);

/* Free the list. Twice is harmless. Not while it asks. */
void eddy_getaddrinfo_free(struct eddy_resolve *resolve);

#ifdef __cplusplus
}
#endif

#endif
