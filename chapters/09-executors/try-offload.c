/* Somebody boils my egg for three tenths of a second. I wait for one tenth. Do I get it? */
#include <eddy.h>

#include <stdio.h>

static struct eddy_offload egg;
static struct eddy_wait_for limit;

static int boil(struct eddy_work *work)
{
    return pclose(popen(work->in, "r"));
}

struct me {
    struct eddy_co co;
};

static struct eddy_step me(struct eddy_co *co)
{
    struct eddy_loop *loop = eddy_co_loop(co);

    CO_BEGIN(co);
    CO_AWAIT(co, eddy_wait_for(
                     &limit, loop,
                     eddy_run_in_executor(&egg, loop, NULL, boil, "sleep 0.3", 10, NULL, 0), 0.1));
    CO_END(co);
}

int main(void)
{
    return puts(eddy_run(me) < 0 ? "no egg for me" : "an egg") < 0;
}
