/* The door of the SIP stack. It closes what pjsua leaves open, and nothing else: three PJSIP modules,
 *
 *   door     a request from a source that is not trusted is dropped before the stack can log or answer it (no 100,
 *            no 401, no 404: a scanner learns nothing). Responses pass: only an open transaction takes one.
 *   options  an OPTIONS inside a dialog asks "are you still there": 200 while the call lives, else 481
 *            (RFC 3261 section 11.2 and 12.2.2). pjsua would say 500. Outside a dialog pjsua's own 200 stands.
 *            For a while after the start, if so told, whatever else comes inside a dialog that we do not know is left
 *            unanswered: it may be one of a process before us that is about to be taken over, and 481 would end it.
 *   last     whatever no other module took gets an answer instead of silence, so the peer stops repeating it for 32 s.
 *
 * and two things beside them:
 *
 *   connections  a stranger's TCP connection is closed when it has been accepted: each costs a file, and PJSIP's
 *                keep-alive would tell him that somebody lives here.
 *   names        the library never asks the DNS, which may stop the SIP thread for seconds and which whoever writes a
 *                Contact or an SDP can make it do. It knows the names that parkdeck_guard_names has told it.
 *
 * Callbacks run in the thread that polls PJSIP. parkdeck_guard_trust, _wait and _dropped may be called in any thread,
 * before and after start; start and stop belong to the SIP thread, start after libInit and best before the
 * first transport. libDestroy takes the modules out by itself; stop is for those who want the door open before that. */
#include "dialog.h"

#include <pjsip.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT      __attribute__((visibility("default")))
#define MAX_TRUSTED 256
#define MAX_NAMES   64
#define LITERAL_LEN 64 /* "[" + INET6_ADDRSTRLEN + "]:65535" fits */

typedef struct source {
    int family;
    unsigned char address[16];
    unsigned port; /* 0: any */
} source;

static source trusted[MAX_TRUSTED];
static int trusted_count;
static pthread_mutex_t trusted_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint dropped;
static atomic_llong patient_until; /* seconds of now() */

/* ---- sources ------------------------------------------------------------------------------------------------ */

/* An IPv4 peer of a dual-stack socket arrives as ::ffff:a.b.c.d; it is the same peer. */
static void unmap(source *s)
{
    static const unsigned char prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    if (s->family != AF_INET6 || memcmp(s->address, prefix, sizeof prefix) != 0)
        return;
    memmove(s->address, s->address + 12, 4);
    memset(s->address + 4, 0, 12);
    s->family = AF_INET;
}

/* "5060" -> 5060; -1 for anything that is no port. */
static int port_of(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return text[0] >= '0' && text[0] <= '9' && !*end && port > 0 && port < 65536 ? (int)port : -1;
}

/* a.b.c.d[:port], v6, [v6][:port]. Cuts `text` up. Numbers only: a name would mean a DNS query. */
static int parse_source(char *text, source *s)
{
    char *host = text, *port = NULL, *colon = strchr(text, ':'), *close;

    memset(s, 0, sizeof *s);
    if (*text == '[') {
        host = text + 1;
        if (!(close = strchr(host, ']')) || (close[1] && close[1] != ':'))
            return -1;
        port = close[1] ? close + 2 : NULL;
        *close = 0;
    } else if (colon && !strchr(colon + 1, ':')) {
        port = colon + 1;
        *colon = 0;
    }
    if (port) {
        int number = port_of(port);
        if (number < 0)
            return -1;
        s->port = (unsigned)number;
    }
    s->family = strchr(host, ':') ? AF_INET6 : AF_INET;
    if ((*text == '[' && s->family != AF_INET6) || inet_pton(s->family, host, s->address) != 1)
        return -1;
    unmap(s);
    return 0;
}

/* One comma-separated item, blanks around it ignored. -1 when it is none. */
static int parse_item(const char *item, size_t len, source *s)
{
    char text[LITERAL_LEN];

    while (len && item[0] == ' ')
        item++, len--;
    while (len && item[len - 1] == ' ')
        len--;
    if (!len || len >= sizeof text)
        return -1;
    memcpy(text, item, len);
    text[len] = 0;
    return parse_source(text, s);
}

static void source_of(const pj_sockaddr *from, source *s)
{
    memset(s, 0, sizeof *s);
    s->family = from->addr.sa_family == pj_AF_INET6() ? AF_INET6 : AF_INET;
    memcpy(s->address, pj_sockaddr_get_addr(from), pj_sockaddr_get_addr_len(from));
    s->port = pj_sockaddr_get_port(from);
    unmap(s);
}

static int is_trusted(const source *s)
{
    int found = 0;

    pthread_mutex_lock(&trusted_lock);
    for (int i = 0; i < trusted_count && !found; i++)
        found = trusted[i].family == s->family && memcmp(trusted[i].address, s->address, sizeof s->address) == 0 &&
                (!trusted[i].port || trusted[i].port == s->port);
    pthread_mutex_unlock(&trusted_lock);
    return found;
}

int parkdeck_guard_trusts(const pj_sockaddr *from)
{
    source s;

    source_of(from, &s);
    return is_trusted(&s);
}

/* ---- names -------------------------------------------------------------------------------------------------- */

static struct {
    char name[PJ_MAX_HOSTNAME];
    source address;
} names[MAX_NAMES];
static int names_count;

static void to_sockaddr(const source *s, pj_sockaddr *address)
{
    pj_sockaddr_init(s->family == AF_INET ? pj_AF_INET() : pj_AF_INET6(), address, NULL, 0);
    memcpy(pj_sockaddr_get_addr(address), s->address, pj_sockaddr_get_addr_len(address));
}

/* In place of the resolver: pj_getaddrinfo asks here first, and afterwards takes nothing but literals. */
pj_status_t parkdeck_guard_find(int af, const pj_str_t *name, unsigned *count, pj_addrinfo ai[])
{
    unsigned found = 0;

    pthread_mutex_lock(&trusted_lock);
    for (int i = 0; i < names_count && found < *count; i++) {
        int family = names[i].address.family == AF_INET ? pj_AF_INET() : pj_AF_INET6();

        if (pj_stricmp2(name, names[i].name) != 0 || (af != PJ_AF_UNSPEC && af != family))
            continue;
        to_sockaddr(&names[i].address, &ai[found].ai_addr);
        pj_ansi_strxcpy(ai[found++].ai_canonname, names[i].name, sizeof ai->ai_canonname);
    }
    pthread_mutex_unlock(&trusted_lock);
    if (!found)
        return PJ_ERESOLVE;
    *count = found;
    return PJ_SUCCESS;
}

/* ---- connections -------------------------------------------------------------------------------------------- */

static pjsip_tp_state_callback library_state_cb;
static pj_bool_t watching;

static void on_connection(pjsip_transport *transport, pjsip_transport_state state, const pjsip_transport_state_info *info)
{
    if (watching && state == PJSIP_TP_STATE_CONNECTED && transport->dir == PJSIP_TP_DIR_INCOMING &&
        !parkdeck_guard_trusts(&transport->key.rem_addr)) {
        atomic_fetch_add(&dropped, 1);
        pjsip_transport_shutdown2(transport, PJ_TRUE);
        return;
    }
    if (library_state_cb)
        library_state_cb(transport, state, info);
}

/* Who hears of connections is a chain: pjsua, once it has a transport, calls whom it found there before. It puts itself in
 * front again whenever it makes a transport and is not; so our place is behind it, else the chain would become a ring. */
static void watch_connections(pjsip_endpoint *endpoint)
{
    pjsip_tpmgr *manager = pjsip_endpt_get_tpmgr(endpoint);
    pjsip_tp_state_callback first = pjsip_tpmgr_get_state_cb(manager);

    watching = PJ_TRUE;
    if (first == on_connection || pjsua_var.old_tp_cb == on_connection)
        return;
    library_state_cb = pjsua_var.old_tp_cb ? pjsua_var.old_tp_cb : first;
    if (pjsua_var.old_tp_cb)
        pjsua_var.old_tp_cb = on_connection;
    else
        pjsip_tpmgr_set_state_cb(manager, on_connection);
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

/* Append a copy of one of the stack's capability headers (Allow, Accept, Supported), if it has one. */
static void add_capability(pjsip_rx_data *rdata, pjsip_hdr *list, int type)
{
    const pjsip_hdr *own = pjsip_endpt_get_capability(pjsua_get_pjsip_endpt(), type, NULL);

    if (own)
        pj_list_push_back(list, pjsip_hdr_clone(rdata->tp_info.pool, own));
}

static void answer(pjsip_rx_data *rdata, int code, const pjsip_hdr *headers)
{
    pjsip_endpt_respond_stateless(pjsua_get_pjsip_endpt(), rdata, code, NULL, headers, NULL);
}

static pj_bool_t is_method(const pjsip_rx_data *rdata, const char *name)
{
    return pj_strcmp2(&rdata->msg_info.msg->line.req.method.name, name) == 0;
}

/* RFC 3261 section 8.2.1 and 12.2.2. The methods that pjsua takes whenever it can (INVITE, OPTIONS) come here only
 * when nobody is at home. */
static int code_for(const pjsip_rx_data *rdata)
{
    static const struct {
        const char *method;
        int code;
    } codes[] = {
        {"BYE", 481},     {"CANCEL", 481},    {"NOTIFY", 481},  {"UPDATE", 481},   {"PRACK", 481},  {"INFO", 481},
        {"PUBLISH", 405}, {"SUBSCRIBE", 405}, {"MESSAGE", 405}, {"REGISTER", 405}, {"REFER", 405},  {"INVITE", 480},
        {"OPTIONS", 480},
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (is_method(rdata, codes[i].method))
            return codes[i].code;
    return 501;
}

/* ---- modules ------------------------------------------------------------------------------------------------ */

static pj_bool_t door_on_request(pjsip_rx_data *rdata)
{
    if (parkdeck_guard_trusts(&rdata->pkt_info.src_addr))
        return PJ_FALSE;
    atomic_fetch_add(&dropped, 1);
    return PJ_TRUE;
}

static long long now(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec;
}

/* Locked; NULL when there is none. */
static pjsip_dialog *dialog_of(const pjsip_rx_data *rdata)
{
    return pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag, &rdata->msg_info.from->tag, PJ_TRUE);
}

/* BYE and CANCEL end what they are about, whoever answers; ACK is never answered. */
static pj_bool_t can_wait(const pjsip_rx_data *rdata)
{
    pjsip_method_e method = rdata->msg_info.msg->line.req.method.id;
    pjsip_dialog *dialog;

    if (method == PJSIP_BYE_METHOD || method == PJSIP_CANCEL_METHOD || method == PJSIP_ACK_METHOD ||
        now() >= atomic_load(&patient_until))
        return PJ_FALSE;
    dialog = dialog_of(rdata);
    if (dialog)
        pjsip_dlg_dec_lock(dialog);
    return !dialog;
}

/* A dialog outlives its call by half a minute, until the last transaction is gone; for the peer it ended with the BYE. */
static pj_bool_t dialog_lives(const pjsip_rx_data *rdata)
{
    pjsip_dialog *dialog = dialog_of(rdata);
    pjsip_inv_session *call;
    pj_bool_t lives;

    if (!dialog)
        return PJ_FALSE;
    call = pjsip_dlg_get_inv_session(dialog);
    lives = !call || call->state != PJSIP_INV_STATE_DISCONNECTED;
    pjsip_dlg_dec_lock(dialog);
    return lives;
}

static pj_bool_t options_on_request(pjsip_rx_data *rdata)
{
    pjsip_hdr headers;

    if (!rdata->msg_info.to->tag.slen)
        return PJ_FALSE;
    if (can_wait(rdata))
        return PJ_TRUE;
    if (!is_method(rdata, "OPTIONS"))
        return PJ_FALSE;
    if (!dialog_lives(rdata)) {
        answer(rdata, 481, NULL);
        return PJ_TRUE;
    }
    pj_list_init(&headers);
    add_capability(rdata, &headers, PJSIP_H_ALLOW);
    add_capability(rdata, &headers, PJSIP_H_ACCEPT);
    add_capability(rdata, &headers, PJSIP_H_SUPPORTED);
    answer(rdata, 200, &headers);
    return PJ_TRUE;
}

static pj_bool_t last_on_request(pjsip_rx_data *rdata)
{
    int code = code_for(rdata);
    pjsip_hdr headers;

    if (rdata->msg_info.msg->line.req.method.id == PJSIP_ACK_METHOD)
        return PJ_FALSE; /* an ACK is never answered */
    pj_list_init(&headers);
    if (code == 405)
        add_capability(rdata, &headers, PJSIP_H_ALLOW); /* RFC 3261 section 21.4.6: MUST */
    answer(rdata, code, &headers);
    return PJ_TRUE;
}

#define NAME(literal) {(char *)(literal), sizeof(literal) - 1}

static pjsip_module modules[] = {
    {.name = NAME("mod-parkdeck-door"),
     .id = -1,
     .priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 2, /* even before pjsua's message log */
     .on_rx_request = door_on_request},
    {.name = NAME("mod-parkdeck-options"),
     .id = -1,
     .priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1, /* before the dialog layer says 500 */
     .on_rx_request = options_on_request},
    {.name = NAME("mod-parkdeck-last"),
     .id = -1,
     .priority = PJSIP_MOD_PRIORITY_APPLICATION + 99,
     .on_rx_request = last_on_request},
};

#define MODULES (sizeof modules / sizeof *modules)

/* ---- what Python calls -------------------------------------------------------------------------------------- */

/* Take the modules out again. Nothing to do, nothing done. */
EXPORT void parkdeck_guard_stop(void)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();

    watching = PJ_FALSE;
    for (size_t i = MODULES; endpoint && i-- > 0;)
        if (modules[i].id >= 0)
            pjsip_endpt_unregister_module(endpoint, &modules[i]);
}

/* Put the modules in. 0, or a pj_status_t and nothing is in. Until the first trust() nobody is trusted. */
EXPORT int parkdeck_guard_start(void)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    int status = endpoint ? PJ_SUCCESS : PJ_EINVALIDOP;

    for (size_t i = 0; i < MODULES && status == PJ_SUCCESS; i++)
        if (modules[i].id < 0)
            status = pjsip_endpt_register_module(endpoint, &modules[i]);
    if (status == PJ_SUCCESS)
        watch_connections(endpoint);
    else
        parkdeck_guard_stop();
    return status;
}

/* Replace the trusted sources by `addresses`: comma-separated IPv4 and IPv6 literals, each with a source port if only
 * that port is meant ("192.0.2.1, 127.0.0.1:5060, [2001:db8::1]:5060"; a TCP or TLS peer's port is seldom known). ""
 * trusts nobody. How many there are now, or -1 (a bad literal, more than MAX_TRUSTED) and everything stays as it was. */
EXPORT int parkdeck_guard_trust(const char *addresses)
{
    source wanted[MAX_TRUSTED];
    int count = 0;

    for (const char *item = addresses; item && *addresses; count++) {
        const char *comma = strchr(item, ',');
        size_t len = comma ? (size_t)(comma - item) : strlen(item);

        if (count == MAX_TRUSTED || parse_item(item, len, &wanted[count]) < 0)
            return -1;
        item = comma ? comma + 1 : NULL;
    }
    pthread_mutex_lock(&trusted_lock);
    memcpy(trusted, wanted, (size_t)count * sizeof *wanted);
    trusted_count = count;
    pthread_mutex_unlock(&trusted_lock);
    return count;
}

/* For so many seconds from now on, leave requests inside dialogs that we do not know unanswered. */
EXPORT void parkdeck_guard_wait(int seconds)
{
    atomic_store(&patient_until, now() + seconds);
}

/* Replace the names that the library knows by `known`: comma-separated name=address, several addresses for a name in the
 * order in which to try them. How many there are now, or -1 and everything stays as it was. */
EXPORT int parkdeck_guard_names(const char *known)
{
    static struct {
        char name[PJ_MAX_HOSTNAME];
        source address;
    } wanted[MAX_NAMES]; /* too large for a stack; belongs to whoever has the lock */
    int count = 0;

    pthread_mutex_lock(&trusted_lock);
    for (const char *item = known; item && *known; count++) {
        const char *comma = strchr(item, ','), *equals = strchr(item, '=');
        size_t len = comma ? (size_t)(comma - item) : strlen(item);
        size_t name = equals ? (size_t)(equals - item) : len;

        if (count == MAX_NAMES || name >= len || name >= sizeof wanted->name ||
            parse_item(equals + 1, len - name - 1, &wanted[count].address) < 0) {
            count = -1;
            break;
        }
        memcpy(wanted[count].name, item, name);
        wanted[count].name[name] = 0;
        item = comma ? comma + 1 : NULL;
    }
    if (count >= 0) {
        memcpy(names, wanted, sizeof names);
        names_count = count;
    }
    pthread_mutex_unlock(&trusted_lock);
    return count;
}

/* Requests and connections dropped at the door since the library was loaded; wraps around. */
EXPORT unsigned parkdeck_guard_dropped(void)
{
    return atomic_load(&dropped);
}
