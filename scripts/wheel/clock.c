/* The bridge's own clock: how much sound it has made. On a busy machine it runs late, and then catches up; what a leg has been
 * given to hear is told by it alone, not by the clock on the wall.
 *
 * A port to which nobody speaks is given an empty frame with every tick: that is what is counted. start() belongs to the thread
 * that polls PJSIP, now() to any. */
#include <pjmedia.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <stdatomic.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_llong ticks;
static long long milliseconds; /* of a tick */

static pj_status_t count(pjmedia_port *port, pjmedia_frame *frame)
{
    (void)port;
    (void)frame;
    atomic_fetch_add(&ticks, 1);
    return PJ_SUCCESS;
}

static pj_status_t on_destroy(pjmedia_port *port)
{
    pj_pool_release(port->port_data.pdata);
    return PJ_SUCCESS;
}

/* After libInit, once in its life; the bridge takes the port along when it ends. PJSIP's status. */
EXPORT int parkdeck_clock_start(void)
{
    static const pj_str_t name = {(char *)"clock", 5};
    unsigned rate = pjsua_var.media_cfg.clock_rate, samples = pjsua_var.mconf_cfg.samples_per_frame;
    pj_pool_t *pool = pjsua_pool_create("clock", 512, 512);
    pjmedia_port *port = pool ? PJ_POOL_ZALLOC_T(pool, pjmedia_port) : NULL;
    pjsua_conf_port_id place;
    pj_status_t status;

    if (!port)
        return PJ_ENOMEM;
    atomic_store(&ticks, 0);
    milliseconds = samples * 1000LL / rate;
    pjmedia_port_info_init(&port->info, &name, PJMEDIA_SIG_CLASS_APP('P', 'D', 'C'), rate, 1, 16, samples);
    port->port_data.pdata = pool;
    port->put_frame = count;
    port->on_destroy = on_destroy;
    status = pjmedia_port_init_grp_lock(port, pool, NULL);
    if (status == PJ_SUCCESS)
        status = pjsua_conf_add_port(pool, port, &place);
    if (status != PJ_SUCCESS) {
        pj_pool_release(pool);
        return status;
    }
    return pjmedia_port_destroy(port); /* from now on it is the bridge's alone */
}

/* Milliseconds of sound since the start. */
EXPORT long long parkdeck_clock_now(void)
{
    return atomic_load(&ticks) * milliseconds;
}
