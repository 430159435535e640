/* What pjsua keeps to itself of its dialogs, and what a later process needs to go on with them: the tags, whether the far
 * side understands Replaces (RFC 3891), whether a proxy stays between us and it, and the CANCEL of an INVITE of ours
 * (RFC 3261 section 9.1), written down while the INVITE is pending and sent by whoever comes after us, who also wants to
 * see what is answered to that INVITE.
 *
 * All of it belongs to the thread that polls PJSIP. Text goes into a buffer of the caller's, ended by a zero; a function
 * returns its length without that, or -1 when there is nothing to tell or it does not fit. */
#include "dialog.h"

#include <pjsip.h>
#include <pjsip_ua.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static pjsua_call *call_of(int id)
{
    return id >= 0 && id < (int)pjsua_var.ua_cfg.max_calls ? &pjsua_var.calls[id] : NULL;
}

static pjsip_dialog *dialog_of(const pjsua_call *call)
{
    return call->inv ? call->inv->dlg : call->async_call.dlg;
}

int parkdeck_dialog_take(const pjsip_rx_data *rdata)
{
    pjsip_dialog *dialog =
        pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag, &rdata->msg_info.from->tag, PJ_TRUE);
    const pjsua_call *call = dialog ? dialog->mod_data[pjsua_var.mod.id] : NULL;
    int taken = -1;

    if (call && call->inv && call->inv->dlg == dialog && call->inv->state != PJSIP_INV_STATE_DISCONNECTED &&
        rdata->msg_info.cseq->cseq > dialog->remote.cseq) {
        dialog->remote.cseq = rdata->msg_info.cseq->cseq;
        taken = call->index;
    }
    if (dialog)
        pjsip_dlg_dec_lock(dialog);
    return taken;
}

static int understands_replaces(pjsip_dialog *dialog)
{
    static const pj_str_t replaces = {(char *)"replaces", 8};

    return pjsip_dlg_remote_has_cap(dialog, PJSIP_H_SUPPORTED, NULL, &replaces) == PJSIP_DIALOG_CAP_SUPPORTED;
}

#define WORD(s) (int)(s).slen, (s).ptr ? (s).ptr : ""

/* Five lines: Call-ID, our tag, the far side's tag (may be empty), 1 if it understands Replaces, 1 if the dialog has a
 * route set. Our own INVITE has its final route set only with its 2xx (RFC 3261 section 12.1.2). */
EXPORT int parkdeck_dialog_describe(int call_id, char *text, int size)
{
    const pjsua_call *call = call_of(call_id);
    pjsip_dialog *dialog = call ? dialog_of(call) : NULL;
    int length;

    if (!dialog)
        return -1;
    length = snprintf(text, (size_t)size, "%.*s\n%.*s\n%.*s\n%d\n%d\n", WORD(dialog->call_id->id),
                      WORD(dialog->local.info->tag), WORD(dialog->remote.info->tag), understands_replaces(dialog),
                      !pj_list_empty(&dialog->route_set));
    return length < size ? length : -1;
}

/* The CANCEL of the INVITE of ours that is under way, as it would go over the wire now. */
EXPORT int parkdeck_dialog_cancel(int call_id, char *text, int size)
{
    const pjsua_call *call = call_of(call_id);
    const pjsip_transaction *invite = call && call->inv ? call->inv->invite_tsx : NULL;
    pjsip_tx_data *cancel;
    int length;

    if (!invite || invite->role != PJSIP_ROLE_UAC || !invite->last_tx ||
        pjsip_endpt_create_cancel(pjsua_get_pjsip_endpt(), invite->last_tx, &cancel) != PJ_SUCCESS)
        return -1;
    length = (int)pjsip_msg_print(cancel->msg, text, (pj_size_t)size - 1);
    pjsip_tx_data_dec_ref(cancel);
    if (length >= 0)
        text[length] = 0;
    return length;
}

/* Send a message as it is, through our port, to a numeric address; no transaction waits for an answer. `transport` is
 * udp, tcp or tls. PJSIP's status. */
EXPORT int parkdeck_dialog_send(const char *text, const char *transport, const char *address, int port)
{
    pj_str_t name = pj_str((char *)transport), host = pj_str((char *)address);
    int family = strchr(address, ':') ? pj_AF_INET6() : pj_AF_INET();
    int type = pjsip_transport_get_type_from_name(&name);
    pj_sockaddr to;
    unsigned char numeric[16];
    int status;

    if (type == PJSIP_TRANSPORT_UNSPECIFIED || inet_pton(family, address, numeric) != 1)
        return PJ_EINVAL;
    if (family == pj_AF_INET6())
        type |= PJSIP_TRANSPORT_IPV6;
    status = pj_sockaddr_init(family, &to, &host, (pj_uint16_t)port);
    if (status == PJ_SUCCESS)
        status = pjsip_tpmgr_send_raw(pjsip_endpt_get_tpmgr(pjsua_get_pjsip_endpt()), (pjsip_transport_type_e)type, NULL,
                                      NULL, text, strlen(text), &to, pj_sockaddr_get_len(&to), NULL, NULL);
    return status == PJ_EPENDING ? PJ_SUCCESS : status;
}

/* ---- answers that nobody waits for -------------------------------------------------------------------------- */

#define STRAYS 16

/* Final answers to an INVITE, a ring with the newest. */
static struct stray {
    int length;
    char text[PJSIP_MAX_PKT_LEN];
} strays[STRAYS];
static unsigned first, count;

/* Behind the transaction layer, which has taken what a transaction of ours waits for. Looks, and leaves it to the dialogs:
 * a repeated 2xx of a living one comes here too. */
static pj_bool_t on_response(pjsip_rx_data *rdata)
{
    const pjsip_msg *message = rdata->msg_info.msg;
    struct stray *stray = &strays[(first + count) % STRAYS];

    if (rdata->msg_info.cseq->method.id != PJSIP_INVITE_METHOD || message->line.status.code < 200 ||
        pjsip_rdata_get_tsx(rdata) || rdata->msg_info.len > (int)sizeof stray->text)
        return PJ_FALSE;
    stray->length = rdata->msg_info.len;
    memcpy(stray->text, rdata->msg_info.msg_buf, (size_t)stray->length);
    if (count < STRAYS)
        count++;
    else
        first = (first + 1) % STRAYS;
    return PJ_FALSE;
}

static pjsip_module listener = {
    .name = {(char *)"mod-parkdeck-strays", 19},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1,
    .on_rx_response = on_response,
};

/* The oldest of them that was not given before. */
EXPORT int parkdeck_dialog_stray(char *text, int size)
{
    const struct stray *stray = &strays[first];

    if (!count || stray->length >= size)
        return -1;
    memcpy(text, stray->text, (size_t)stray->length);
    text[stray->length] = 0;
    first = (first + 1) % STRAYS;
    count--;
    return stray->length;
}

/* ---- the beginning ------------------------------------------------------------------------------------------ */

/* After libInit, once. Listen for strays; and let a request of ours that nobody answers leave its dialog alone: PJSIP would
 * send BYE, and a network that comes back just then would carry it. Whether the far side is gone or the network is away
 * is for our caller to judge. PJSIP's status. */
EXPORT int parkdeck_dialog_start(void)
{
    first = count = 0;
    pjsip_cfg()->endpt.keep_inv_after_tsx_timeout = PJ_TRUE;
    return listener.id < 0 ? pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &listener) : PJ_SUCCESS;
}

/* Let the media ports of an account's calls begin there. While a PBX still sends to the ports of a process that died, a call
 * of the next one on the same port would hear its old owner. */
EXPORT void parkdeck_dialog_ports(int account, int first)
{
    if (account >= 0 && account < (int)PJ_ARRAY_SIZE(pjsua_var.acc))
        pjsua_var.acc[account].next_rtp_port = (pj_uint16_t)first;
}
