/* What is wrong with a request of the PBX is said before it touches a call. pjsua finds some of it when the call has lost
 * its media already, calls some of it its own fault (500), and of some it says nothing:
 *
 *   unreadable  a header cannot be read, or one is missing that every message has: 400, for which the headers of the request
 *               are copied as they came. Without Via there is nowhere to send it, without CSeq nothing that it answers.
 *   extension   Require names what we do not have: 420 (RFC 3261 section 8.2.2.3). Outside a dialog pjsua says so itself.
 *   contact     not a SIP address: 400. It would be where our next request goes.
 *   body        it does not hold together (a part that does not end): 400.
 *   session     shorter than anybody may ask for: 422 (RFC 4028 section 9). pjsua says so when it answers, after we have been told.
 *   offer       not SDP: 415; SDP that is none: 400; sound, but none that we could speak: 488 (RFC 3261 section 14.2).
 *   info        in a package: 469; a body that nobody here reads: 415 (RFC 6086 section 4.2.2); without a body: 200.
 *   refer       not exactly one Refer-To: 400 (RFC 3515 section 2.4.2).
 *
 * Everything else passes. It belongs to the thread that polls PJSIP. */
#include "dialog.h"

#include <pjmedia.h>
#include <pjsip_ua.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXPORT __attribute__((visibility("default")))
#define PASS   0
#define KEYS   "application/dtmf-relay, application/dtmf"

#define LEAST_SESSION      90 /* seconds; RFC 4028 section 4 */
#define LEAST_SESSION_TEXT "90"

/* ---- what cannot be read ------------------------------------------------------------------------------------ */

enum { VIA, FROM, TO, CALL_ID, CSEQ, COPIED };

static const struct {
    const char *name, *compact;
} copied[COPIED] = {{"Via", "v"}, {"From", "f"}, {"To", "t"}, {"Call-ID", "i"}, {"CSeq", ""}};

typedef struct page {
    char text[PJSIP_MAX_PKT_LEN];
    size_t length;
    int full, has[COPIED];
} page;

static int is_named(const char *line, size_t length, const char *name)
{
    size_t named = strlen(name);

    if (!named || length <= named || strncasecmp(line, name, named) != 0)
        return 0;
    while (named < length && (line[named] == ' ' || line[named] == '\t'))
        named++;
    return named < length && line[named] == ':';
}

static void put(page *answer, const char *text, size_t length)
{
    if (length > sizeof answer->text - answer->length) {
        answer->full = 1;
        return;
    }
    memcpy(answer->text + answer->length, text, length);
    answer->length += length;
}

/* A header as it stands in the request, folded lines and all; To gets our tag, the same whenever the same request comes (RFC
 * 3261 section 8.2.6.2). */
static void copy(page *answer, const char *line, size_t length, const char *tag)
{
    for (int which = 0; which < COPIED; which++) {
        if (!is_named(line, length, copied[which].name) && !is_named(line, length, copied[which].compact))
            continue;
        put(answer, line, length);
        if (which == TO && !memmem(line, length, ";tag=", 5))
            put(answer, tag, strlen(tag));
        put(answer, "\r\n", 2);
        answer->has[which] = 1;
    }
}

/* Where a header ends: at a line's end that no blank follows. An empty line, which ends them all, is not folded. */
static const char *end_of(const char *line, const char *end)
{
    const char *at = line;

    while ((at = memchr(at, '\n', (size_t)(end - at))) && at > line + 1 && at + 1 < end &&
           (at[1] == ' ' || at[1] == '\t'))
        at++;
    return at ? at : end;
}

static size_t bare(const char *line, const char *end)
{
    while (end > line && (end[-1] == '\r' || end[-1] == '\n'))
        end--;
    return (size_t)(end - line);
}

static int wants_answer(const char *line, size_t length)
{
    static const char version[] = " SIP/2.0";

    return length > sizeof version && memcmp(line + length - strlen(version), version, strlen(version)) == 0 &&
           memcmp(line, "ACK ", 4) != 0;
}

static int write_answer(page *answer, const pjsip_rx_data *rdata)
{
    static const char first[] = "SIP/2.0 400 Unreadable\r\n", last[] = "Content-Length: 0\r\n\r\n";
    const char *line = rdata->msg_info.msg_buf, *end = line + rdata->msg_info.len, *next = end_of(line, end);
    char tag[16];

    snprintf(tag, sizeof tag, ";tag=%08x", pj_hash_calc(0, line, (unsigned)rdata->msg_info.len));
    if (!wants_answer(line, bare(line, next)))
        return 0;
    answer->length = 0;
    answer->full = 0;
    memset(answer->has, 0, sizeof answer->has);
    put(answer, first, strlen(first));
    while (next < end) {
        line = next + 1;
        next = end_of(line, end);
        if (!bare(line, next))
            break;
        copy(answer, line, bare(line, next), tag);
    }
    put(answer, last, strlen(last));
    return !answer->full && answer->has[VIA] && answer->has[CSEQ];
}

/* PJSIP's transport layer hands over what it is about to drop. */
void parkdeck_judge_unreadable(const pjsip_rx_data *rdata)
{
    static page answer; /* too large for a stack */
    pjsip_transport *transport = rdata->tp_info.transport;
    pjsip_tpselector back = {.type = PJSIP_TPSELECTOR_TRANSPORT, .u.transport = transport};
    const pjsip_via_hdr *via = rdata->msg_info.via;
    pj_sockaddr to = rdata->pkt_info.src_addr;

    if (!parkdeck_guard_trusts(&to) || !write_answer(&answer, rdata))
        return;
    if ((transport->flag & PJSIP_TRANSPORT_DATAGRAM) && via && via->rport_param < 0) /* RFC 3261 section 18.2.2 */
        pj_sockaddr_set_port(&to, (pj_uint16_t)(via->sent_by.port ? via->sent_by.port : 5060));
    pjsip_tpmgr_send_raw(transport->tpmgr, transport->key.type, &back, NULL, answer.text, answer.length, &to,
                         rdata->pkt_info.src_addr_len, NULL, NULL);
}

/* ---- what can be read, and is wrong ------------------------------------------------------------------------- */

static void add(const pjsip_rx_data *rdata, pjsip_hdr *headers, const char *name, const char *value)
{
    pj_str_t named = pj_str((char *)name), valued = pj_str((char *)value);

    pj_list_push_back(headers, pjsip_generic_string_hdr_create(rdata->tp_info.pool, &named, &valued));
}

static int judge_extensions(const pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    pjsip_unsupported_hdr *unknown = pjsip_unsupported_hdr_create(rdata->tp_info.pool);
    const pjsip_require_hdr *wanted = NULL;

    while ((wanted = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_REQUIRE, wanted ? wanted->next : NULL)))
        for (unsigned i = 0; i < wanted->count && unknown->count < PJSIP_GENERIC_ARRAY_MAX_COUNT; i++) {
            pj_str_t tag = wanted->values[i];

            pj_strrtrim(&tag);
            if (!pjsip_endpt_has_capability(pjsua_get_pjsip_endpt(), PJSIP_H_SUPPORTED, NULL, &tag))
                unknown->values[unknown->count++] = tag;
        }
    if (!unknown->count)
        return PASS;
    pj_list_push_back(headers, unknown);
    return PJSIP_SC_BAD_EXTENSION;
}

static int judge_contact(const pjsip_rx_data *rdata)
{
    const pjsip_contact_hdr *contact = pjsip_msg_find_hdr(rdata->msg_info.msg, PJSIP_H_CONTACT, NULL);

    if (!contact || contact->star || !contact->uri)
        return PASS; /* pjsua's to say */
    return PJSIP_URI_SCHEME_IS_SIP(contact->uri) || PJSIP_URI_SCHEME_IS_SIPS(contact->uri) ? PASS : PJSIP_SC_BAD_REQUEST;
}

static int judge_session(const pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    static const pj_str_t name = {(char *)"Session-Expires", 15}, compact = {(char *)"x", 1};
    static const pj_str_t least = {(char *)"Min-SE", 6};
    const pjsip_sess_expires_hdr *session = pjsip_msg_find_hdr_by_names(rdata->msg_info.msg, &name, &compact, NULL);
    const pjsip_min_se_hdr *theirs = pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &least, NULL);
    unsigned shortest = theirs && theirs->min_se > LEAST_SESSION ? theirs->min_se : LEAST_SESSION;

    if (!session || session->sess_expires >= shortest)
        return PASS;
    add(rdata, headers, "Min-SE", LEAST_SESSION_TEXT);
    return PJSIP_SC_SESSION_TIMER_TOO_SMALL;
}

static int is_enabled(const pj_str_t *codec)
{
    const pjmedia_codec_info *found[8];
    unsigned ranks[8], count = PJ_ARRAY_SIZE(found);
    char text[40];
    pj_str_t beginning = {text, snprintf(text, sizeof text, "%.*s/", (int)codec->slen, codec->ptr)};

    if (beginning.slen >= (pj_ssize_t)sizeof text ||
        pjmedia_codec_mgr_find_codecs_by_id(pjmedia_endpt_get_codec_mgr(pjsua_get_pjmedia_endpt()), &beginning, &count,
                                            found, ranks) != PJ_SUCCESS)
        return 0;
    while (count && ranks[count - 1] == PJMEDIA_CODEC_PRIO_DISABLED)
        count--;
    return count > 0;
}

/* A number below 96 is the meaning itself, whatever name stands beside it; above, by the name alone: G.722 has one rate in SDP
 * and another in truth. */
static int can_speak_format(const pjmedia_sdp_media *media, const pj_str_t *format)
{
    const pjmedia_sdp_attr *mapped = pjmedia_sdp_media_find_attr2(media, "rtpmap", format);
    const pjmedia_codec_info *codec;
    pjmedia_sdp_rtpmap map;
    unsigned long type = pj_strtoul(format);

    if (type >= 96)
        return mapped && pjmedia_sdp_attr_get_rtpmap(mapped, &map) == PJ_SUCCESS && is_enabled(&map.enc_name);
    return pjmedia_codec_mgr_get_codec_info(pjmedia_endpt_get_codec_mgr(pjsua_get_pjmedia_endpt()), (unsigned)type,
                                            &codec) == PJ_SUCCESS &&
           is_enabled(&codec->encoding_name);
}

static int can_speak(const pjmedia_sdp_media *media)
{
    int can = 0;

    for (unsigned i = 0; i < media->desc.fmt_count && !can; i++)
        can = can_speak_format(media, &media->desc.fmt[i]);
    return can;
}

/* What has no sound in it at all is pjsua's to judge: the second half of a call put on hold, a fax, a picture. */
static int judge_sound(const pjmedia_sdp_session *offer)
{
    int sounds = 0, can = 0;

    for (unsigned i = 0; i < offer->media_count; i++)
        if (offer->media[i]->desc.port && pj_stricmp2(&offer->media[i]->desc.media, "audio") == 0) {
            sounds++;
            can |= can_speak(offer->media[i]);
        }
    return sounds && !can ? PJSIP_SC_NOT_ACCEPTABLE_HERE : PASS;
}

/* A line that is off may have no address of its own; PJSIP looks at it all the same, and falls. */
static void lend_address(pjmedia_sdp_session *offer)
{
    for (unsigned i = 0; i < offer->media_count && !offer->conn; i++)
        offer->conn = offer->media[i]->conn;
}

static int judge_offer(pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    const pjsip_msg_body *body = rdata->msg_info.msg->body;
    const pjsip_sdp_info *found;

    if (!body)
        return PASS;
    found = pjsip_rdata_get_sdp_info(rdata);
    if (!found->body.ptr && pj_stricmp2(&body->content_type.type, "multipart") == 0)
        return PASS; /* other parts are no concern of ours */
    if (!found->body.ptr) {
        add(rdata, headers, "Accept", "application/sdp");
        return PJSIP_SC_UNSUPPORTED_MEDIA_TYPE;
    }
    if (found->sdp_err != PJ_SUCCESS || !found->sdp)
        return PJSIP_SC_BAD_REQUEST;
    lend_address(found->sdp);
    return pjmedia_sdp_validate(found->sdp) == PJ_SUCCESS ? judge_sound(found->sdp) : PJSIP_SC_BAD_REQUEST;
}

static int is_about_keys(const pjsip_media_type *type)
{
    return pj_stricmp2(&type->type, "application") == 0 &&
           (pj_stricmp2(&type->subtype, "dtmf-relay") == 0 || pj_stricmp2(&type->subtype, "dtmf") == 0);
}

static int judge_info(const pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    static const pj_str_t package = {(char *)"Info-Package", 12};
    const pjsip_msg_body *body = rdata->msg_info.msg->body;

    if (pjsip_msg_find_hdr_by_name(rdata->msg_info.msg, &package, NULL)) {
        add(rdata, headers, "Recv-Info", "");
        return PJSIP_SC_BAD_INFO_PACKAGE;
    }
    if (!body || !body->len)
        return PJSIP_SC_OK;
    if (is_about_keys(&body->content_type))
        return PASS;
    add(rdata, headers, "Accept", KEYS);
    return PJSIP_SC_UNSUPPORTED_MEDIA_TYPE;
}

static int judge_refer(const pjsip_rx_data *rdata)
{
    static const pj_str_t name = {(char *)"Refer-To", 8}, compact = {(char *)"r", 1};
    const pjsip_generic_string_hdr *header = NULL;
    int count = 0;

    while ((header = pjsip_msg_find_hdr_by_names(rdata->msg_info.msg, &name, &compact, header ? header->next : NULL)))
        count++;
    return count == 1 ? PASS : PJSIP_SC_BAD_REQUEST;
}

static int judge_body(const pjsip_rx_data *rdata)
{
    return !rdata->msg_info.msg->body && rdata->msg_info.clen && rdata->msg_info.clen->len > 0 ? PJSIP_SC_BAD_REQUEST : PASS;
}

static int is_method(const pjsip_rx_data *rdata, const char *name)
{
    return pj_strcmp2(&rdata->msg_info.msg->line.req.method.name, name) == 0;
}

static int judge_session_change(pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    int code = judge_contact(rdata);

    if (code == PASS)
        code = judge_session(rdata, headers);
    return code == PASS ? judge_offer(rdata, headers) : code;
}

static int judge(pjsip_rx_data *rdata, pjsip_hdr *headers)
{
    int inside = rdata->msg_info.to->tag.slen > 0, code = judge_body(rdata);

    if (code == PASS && inside)
        code = judge_extensions(rdata, headers);
    if (code == PASS && (is_method(rdata, "INVITE") || is_method(rdata, "UPDATE")))
        return judge_session_change(rdata, headers);
    if (code == PASS && inside && is_method(rdata, "INFO"))
        return judge_info(rdata, headers);
    if (code == PASS && inside && is_method(rdata, "REFER"))
        return judge_refer(rdata);
    return code;
}

/* A call that ends, ends, whatever else stands in the request; and an ACK has no answer. */
static int is_judged(const pjsip_rx_data *rdata)
{
    pjsip_method_e method = rdata->msg_info.msg->line.req.method.id;

    return method != PJSIP_ACK_METHOD && method != PJSIP_CANCEL_METHOD && method != PJSIP_BYE_METHOD;
}

/* In a transaction: it takes the ACK, and answers what is repeated. There is none for a CSeq that names another method. */
void parkdeck_judge_answer(pjsip_module *whose, pjsip_rx_data *rdata, int code, const pjsip_hdr *headers)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();

    if (pjsip_endpt_respond(endpoint, whose, rdata, code, NULL, headers, NULL, NULL) == PJSIP_EINVALIDHDR)
        pjsip_endpt_respond_stateless(endpoint, rdata, PJSIP_SC_BAD_REQUEST, NULL, NULL, NULL);
}

static pjsip_module bench;

static pj_bool_t on_request(pjsip_rx_data *rdata)
{
    pjsip_hdr headers;
    int code;

    pj_list_init(&headers);
    code = is_judged(rdata) ? judge(rdata, &headers) : PASS;
    if (code == PASS || (rdata->msg_info.to->tag.slen && parkdeck_dialog_take(rdata) < 0))
        return PJ_FALSE;
    parkdeck_judge_answer(&bench, rdata, code, &headers);
    return PJ_TRUE;
}

static pjsip_module bench = {
    .name = {(char *)"mod-parkdeck-judge", 18},
    .id = -1,
    .priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1, /* before the dialog layer, behind the transactions */
    .on_rx_request = on_request,
};

/* After libInit, once, behind the guard, which knows who may ask at all. PJSIP's status. */
EXPORT int parkdeck_judge_start(void)
{
    return bench.id < 0 ? pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &bench) : PJ_SUCCESS;
}
