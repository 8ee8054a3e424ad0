#include "resolve.h"

#include "errors.h"
#include "net.h"

static int ask_for_addresses(struct eddy_work *work)
{
    static const struct addrinfo usual = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct eddy_resolve *resolve = container_of(work, struct eddy_resolve, offload.job.work);
    const struct addrinfo *hints = resolve->hints ? resolve->hints : &usual;

    return eddy_net_resolve(resolve->host, resolve->service, hints, &resolve->list);
}

struct eddy_future *eddy_getaddrinfo(struct eddy_resolve *resolve, struct eddy_loop *loop,
                                     const char *host, const char *service,
                                     const struct addrinfo *hints)
{
    struct eddy_executor *resolvers = eddy_loop_resolvers(loop);

    if (!eddy_list_linked(&resolve->offload.wrapped.link)) {
        eddy_getaddrinfo_free(resolve);
        resolve->host = host;
        resolve->service = service;
        resolve->hints = hints;
    }
    /* Without resolvers the default executor is asked for, which then says why there is none. */
    return eddy_run_in_executor(&resolve->offload, loop, resolvers, ask_for_addresses, NULL, 0,
                                NULL, 0);
}

void eddy_getaddrinfo_free(struct eddy_resolve *resolve)
{
    if (resolve->list)
        freeaddrinfo(resolve->list);
    resolve->list = NULL;
}
