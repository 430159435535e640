/* Preloaded into the endpoint of test_early_rtp.py: whoever has told epoll what he waits for is off the processor for
 * a moment as soon as he has let go of his lock. What the other threads do meanwhile is what a loaded Pi does once in a
 * thousand calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#define AWAY_US 5000

static __thread int told;

int epoll_ctl(int epoll, int operation, int file, struct epoll_event *event)
{
    int (*real)(int, int, int, struct epoll_event *) = dlsym(RTLD_NEXT, "epoll_ctl");

    told = 1;
    return real(epoll, operation, file, event);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    static int (*real)(pthread_mutex_t *);
    int result;

    if (!real)
        real = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
    result = real(mutex);
    if (told) {
        told = 0;
        usleep(AWAY_US);
    }
    return result;
}
