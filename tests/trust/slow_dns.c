/* A resolver that does not answer, to be preloaded: every name takes SLOW_DNS seconds and comes to nothing, literals take
 * none. Each name is written to the file that SLOW_DNS_LOG names, with the name of the thread that asked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo literal = {0};
    char thread[17] = "";
    FILE *log;

    if (hints)
        literal = *hints;
    literal.ai_flags |= AI_NUMERICHOST;
    if (!node || real(node, service, &literal, found) == 0)
        return node ? 0 : real(node, service, hints, found);
    if (hints && hints->ai_flags & AI_NUMERICHOST)
        return EAI_NONAME;
    prctl(PR_GET_NAME, thread);
    if ((log = fopen(getenv("SLOW_DNS_LOG"), "a"))) {
        fprintf(log, "%s %s\n", thread, node);
        fclose(log);
    }
    sleep((unsigned)atoi(getenv("SLOW_DNS")));
    return EAI_AGAIN;
}
