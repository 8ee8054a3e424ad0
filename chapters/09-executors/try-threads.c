/* Seven dwarfs would come to lift my stone, and it takes three. How many come? */
#include <eddy.h>

#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pulled = PTHREAD_COND_INITIALIZER;
static int hands;

static int lift(struct eddy_work *work)
{
    pthread_mutex_lock(&lock);
    printf("%s pulls, the stone has %d\n", (const char *)work->in, ++hands);
    pthread_cond_broadcast(&pulled);
    while (hands < 3)
        pthread_cond_wait(&pulled, &lock);
    return pthread_mutex_unlock(&lock);
}

int main(void)
{
    struct eddy_thread_pool dwarfs = {.name = "dwarfs"};
    struct eddy_job jobs[3];
    int err = eddy_thread_pool_open(&dwarfs, 7);

    for (int i = 0; i < 3 && err == 0; i++) {
        eddy_job_init(&jobs[i], lift, "a dwarf", 8, NULL, 0);
        err = eddy_executor_submit(&dwarfs.executor, &jobs[i]);
    }
    return eddy_thread_pool_close(&dwarfs);
}
