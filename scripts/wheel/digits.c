/* Keys that a far side presses and does not tell as telephone-events (RFC 4733), which pjsua knows how to read:
 *
 *   said   in an INFO, application/dtmf-relay or application/dtmf. Neither has a standard, and every maker writes them in his
 *          own way; pjsua reads one way of the first, and answers 400 or 500 to all others.
 *   heard  as tones in the sound of a leg: a port on the conference bridge, with the detector of dtmf.c behind it.
 *
 * Keys wait in a queue until they are taken. Everything belongs to the thread that polls PJSIP, but the ports, which hear in
 * the bridge's own. */
#include "dialog.h"
#include "dtmf.h"

#include <pjmedia.h>
#include <pjsip.h>
#include <pjsip_ua.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* ---- the queue ---------------------------------------------------------------------------------------------- */

#define MOST_KEYS 256 /* a person presses ten in a second; what comes faster is lost */

static struct key {
    long long whose; /* a call's number in PJSIP (said), or what open() was told (heard) */
    int heard;
    char key;
} keys[MOST_KEYS];
static unsigned first, count;
static pthread_mutex_t keys_lock = PTHREAD_MUTEX_INITIALIZER;

static void put(long long whose, int heard, char key)
{
    pthread_mutex_lock(&keys_lock);
    if (count < MOST_KEYS)
        keys[(first + count++) % MOST_KEYS] = (struct key){whose, heard, key};
    pthread_mutex_unlock(&keys_lock);
}

/* The oldest key that was not taken before; 0 when there is none. */
EXPORT char parkdeck_digits_take(long long *whose, int *heard)
{
    char key = 0;

    pthread_mutex_lock(&keys_lock);
    if (count) {
        *whose = keys[first].whose;
        *heard = keys[first].heard;
        key = keys[first].key;
        first = (first + 1) % MOST_KEYS;
        count--;
    }
    pthread_mutex_unlock(&keys_lock);
    return key;
}

/* ---- said ----------------------------------------------------------------------------------------------------- */

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '"';
}

/* "7", "*", "a", and the numbers of RFC 4733 section 3.2 that some write for the others: 10 is *, 11 is #, 12 is A. 0: no key. */
static char key_of(const char *word, int length)
{
    static const char names[] = "0123456789*#ABCD";
    int number;

    if (length == 1 && word[0] >= 'a' && word[0] <= 'd')
        return (char)(word[0] - 'a' + 'A');
    if (length == 1)
        return word[0] && strchr(names, word[0]) ? word[0] : 0;
    if (length != 2 || word[0] != '1' || word[1] < '0' || word[1] > '5')
        return 0;
    number = 10 + word[1] - '0';
    return names[number];
}

/* What comes after "Signal" and "=" or ":", wherever that stands; with no such name the whole body. 0: no key. */
EXPORT char parkdeck_digits_read(const char *body, int length)
{
    const pj_str_t whole = {(char *)body, length}, signal = {(char *)"signal", 6};
    const char *name = pj_stristr(&whole, &signal), *at = name ? name + signal.slen : body, *end = body + length, *word;

    while (at < end && is_space(*at))
        at++;
    if (name) {
        if (at == end || (*at != '=' && *at != ':'))
            return 0;
        for (at++; at < end && is_space(*at); at++)
            ;
    }
    for (word = at; at < end && !is_space(*at) && *at != ';'; at++)
        ;
    if (!name)
        for (const char *rest = at; rest < end; rest++)
            if (!is_space(*rest))
                return 0; /* more than a key is no key */
    return key_of(word, (int)(at - word));
}

static int is_about_keys(const pjsip_rx_data *rdata)
{
    const pjsip_msg *message = rdata->msg_info.msg;
    const pjsip_media_type *type = message->body ? &message->body->content_type : NULL;

    return pj_strcmp2(&message->line.req.method.name, "INFO") == 0 && rdata->msg_info.to->tag.slen && type &&
           pj_stricmp2(&type->type, "application") == 0 &&
           (pj_stricmp2(&type->subtype, "dtmf-relay") == 0 || pj_stricmp2(&type->subtype, "dtmf") == 0);
}

static pjsip_module reader;

static pj_bool_t on_request(pjsip_rx_data *rdata)
{
    int call = is_about_keys(rdata) ? parkdeck_dialog_take(rdata) : -1;
    const pjsip_msg_body *body = rdata->msg_info.msg->body;
    char key;

    if (call < 0)
        return PJ_FALSE;
    key = parkdeck_digits_read(body->data, (int)body->len);
    if (key)
        put(call, 0, key);
    parkdeck_judge_answer(&reader, rdata, key ? 200 : 400, NULL); /* a repeated INFO is no second key */
    return PJ_TRUE;
}

static pjsip_module reader = {
    .name = {(char *)"mod-parkdeck-digits", 19},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1, /* before the dialog layer, behind the transactions */
    .on_rx_request = on_request,
};

/* After libInit, once. PJSIP's status. */
EXPORT int parkdeck_digits_start(void)
{
    first = count = 0;
    return reader.id < 0 ? pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &reader) : PJ_SUCCESS;
}

/* ---- heard ---------------------------------------------------------------------------------------------------- */

#define MOST_IN_A_FRAME 16

typedef struct ear {
    pjmedia_port port;
    pj_pool_t *pool;
    parkdeck_dtmf *detector;
    long long whose;
    int closed; /* under the port's lock */
} ear;

static ear *ears[PJSUA_MAX_CONF_PORTS]; /* by their place on the bridge */

/* In the bridge's thread. A frame without sound is silence: it ends a key. */
static pj_status_t hear(pjmedia_port *port, pjmedia_frame *frame)
{
    static const pj_int16_t silence[16000 / 50];
    ear *own = (ear *)port;
    int samples = (int)PJMEDIA_PIA_SPF(&port->info), told = 0;
    char heard[MOST_IN_A_FRAME];

    pj_grp_lock_acquire(port->grp_lock);
    if (!own->closed && frame->type == PJMEDIA_FRAME_TYPE_AUDIO)
        told = parkdeck_dtmf_hear(own->detector, frame->buf, (int)(frame->size / sizeof(pj_int16_t)), heard, MOST_IN_A_FRAME);
    else if (!own->closed && samples <= (int)PJ_ARRAY_SIZE(silence))
        told = parkdeck_dtmf_hear(own->detector, silence, samples, heard, MOST_IN_A_FRAME);
    for (int i = 0; i < told; i++)
        put(own->whose, 1, heard[i]);
    pj_grp_lock_release(port->grp_lock);
    return PJ_SUCCESS;
}

/* When the last who knows the port lets go of it, which is the bridge. */
static pj_status_t on_destroy(pjmedia_port *port)
{
    ear *own = (ear *)port;

    free(own->detector);
    pj_pool_release(own->pool);
    return PJ_SUCCESS;
}

static ear *new_ear(long long whose)
{
    static const pj_str_t name = {(char *)"digits", 6};
    unsigned rate = pjsua_var.media_cfg.clock_rate;
    pj_pool_t *pool = pjsua_pool_create("digits%p", 512, 512);
    ear *own = pool ? PJ_POOL_ZALLOC_T(pool, ear) : NULL;

    if (!own)
        return NULL;
    own->pool = pool;
    own->whose = whose;
    own->detector = parkdeck_dtmf_new((int)rate);
    pjmedia_port_info_init(&own->port.info, &name, PJMEDIA_SIG_CLASS_APP('P', 'D', 'D'), rate, 1, 16,
                           pjsua_var.mconf_cfg.samples_per_frame);
    own->port.put_frame = hear;
    own->port.on_destroy = on_destroy;
    if (!own->detector || pjmedia_port_init_grp_lock(&own->port, pool, NULL) != PJ_SUCCESS) {
        free(own->detector);
        pj_pool_release(pool);
        return NULL;
    }
    return own;
}

static void let_go(ear *own)
{
    pj_grp_lock_acquire(own->port.grp_lock);
    own->closed = 1;
    pj_grp_lock_release(own->port.grp_lock);
    pjmedia_port_destroy(&own->port);
}

/* Whether the far side of a call can tell its keys as telephone-events: it said so in its offer or answer. */
EXPORT int parkdeck_digits_has_events(int call_id)
{
    const pjsua_call *call =
        call_id >= 0 && call_id < (int)pjsua_var.ua_cfg.max_calls ? &pjsua_var.calls[call_id] : NULL;
    pjsua_stream_info stream;

    return call && call->audio_idx >= 0 &&
           pjsua_call_get_stream_info(call_id, (unsigned)call->audio_idx, &stream) == PJ_SUCCESS &&
           stream.type == PJMEDIA_TYPE_AUDIO && stream.info.aud.tx_event_pt > 0;
}

/* Listen to what comes from a place on the bridge; its keys will be `whose`. Returns the ear's own place, or -1. */
EXPORT int parkdeck_digits_open(int from, long long whose)
{
    ear *own = new_ear(whose);
    pjsua_conf_port_id place;

    if (!own)
        return -1;
    if (pjsua_conf_add_port(own->pool, &own->port, &place) != PJ_SUCCESS) {
        let_go(own);
        return -1;
    }
    ears[place] = own;
    if (pjsua_conf_connect(from, place) != PJ_SUCCESS) {
        pjsua_conf_remove_port(place);
        ears[place] = NULL;
        let_go(own);
        return -1;
    }
    return place;
}

/* Listen no more. What was heard and not taken yet stays in the queue. */
EXPORT void parkdeck_digits_close(int place)
{
    ear *own = place >= 0 && place < (int)PJ_ARRAY_SIZE(ears) ? ears[place] : NULL;

    if (!own)
        return;
    ears[place] = NULL;
    pjsua_conf_remove_port(place);
    let_go(own);
}
