/* What the files of this folder ask each other about dialogs. */
#ifndef PARKDECK_DIALOG_H
#define PARKDECK_DIALOG_H

#include <pjsip.h>

/* The call that a request inside a dialog belongs to; whoever asks answers it. -1 when the request is none of a living call,
 * or comes behind a later one (RFC 3261 section 12.2.2): then it is the dialog layer's to refuse. */
int parkdeck_dialog_take(const pjsip_rx_data *rdata);

/* Answer a request in a transaction of its own (judge.c). */
void parkdeck_judge_answer(pjsip_module *whose, pjsip_rx_data *rdata, int code, const pjsip_hdr *headers);

/* Whether a request's source is trusted (guard.c). */
int parkdeck_guard_trusts(const pj_sockaddr *from);

#endif
