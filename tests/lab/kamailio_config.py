"""What the proxy of the lab is told: the same small company, as Kamailio's own script. Pure.

A proxy knows no calls: who talks to whom is between the phones and the box. It keeps who is registered where, asks for
passwords, says who is calling (P-Asserted-Identity), stays in the path of every dialog (Record-Route), rings every contact
of a number at once, and passes the rest on. A code reaches the box at its contact, with what was dialled in `To` only.
"""

import re

from tests.lab.pbx_config import Company, Line

READY = "the lab's proxy is ready"
"""Stands in the log as soon as it takes calls."""


def script(company: Company, address: str) -> str:
    """Return the configuration of one instance on an address of its own, which is its domain too."""
    parts = (_tables(company, address), _dump(company), _request(company), _route(company, address))
    return "\n".join([*_settings(address), *parts, ""])


def _settings(address: str) -> list[str]:
    modules = "corex tm sl rr pv maxfwd textops siputils xlog usrloc registrar auth htable sipdump"
    return [
        "#!KAMAILIO",
        "debug=1",
        "log_stderror=yes",
        f"listen=udp:{address}:5060",
        "children=2",
        "disable_tcp=yes",
        "auto_aliases=no",
        *(f'loadmodule "{name}"' for name in modules.split()),
        *(f'modparam("htable", "htable", "{name}=>size=6")' for name in ("account", "password", "identity")),
        'modparam("sipdump", "mode", 2)',
        'modparam("xlog", "buf_size", 65535)',  # whole messages
    ]


def _tables(company: Company, address: str) -> str:
    """Fill, at the start, number to account, account to password, account to what is asserted of it."""
    lines = [company.box, *company.staff, *company.customers]
    filled = [statement for line in lines for statement in _entries(line, address)]
    return "\n".join(["event_route[htable:mod-init] {", *filled, "}"])


def _entries(line: Line, address: str) -> list[str]:
    who = f'\\"{line.name}\\" <sip:{line.number}@{address}>'
    return [
        f'$sht(account=>{line.account}) = "{line.account}";',
        f'$sht(account=>{line.number}) = "{line.account}";',
        f'$sht(password=>{line.account}) = "{line.password}";',
        f'$sht(identity=>{line.account}) = "{who}";',
    ]


def _dump(company: Company) -> str:
    """Every message as it came and as it went, with the instant."""
    told = "$TV(Sn) $sipdump(tag) $sipdump(src_ip):$sipdump(src_port) > $sipdump(dst_ip):$sipdump(dst_port)\\n$sipdump(buf)"
    return (
        f'modparam("sipdump", "enable", {company.trace:d})\nevent_route[sipdump:msg] {{ xlog("L_NOTICE", "{told}"); }}'
    )


def _route(company: Company, address: str) -> str:
    """Where a number of the company is: the box's codes and orbits, the hunt group, an account; else 404."""
    codes = "|".join(re.sub(r"([*#+])", r"[\1]", code) for code in company.codes)
    orbits = company.orbits.replace("X", "[0-9]")
    first, *others = (f"sip:{member}@{address}" for member in company.hunt_members)
    hunt = [f'$ru = "{first}";', *(f'append_branch("{other}");' for other in others)]
    return f"""
route[NUMBER] {{
    $var(dialled) = $(rU{{s.unescape.user}});
    if ($var(dialled) =~ "^({codes})" || $var(dialled) =~ "^{orbits}$") {{ $rU = "{company.box.account}"; }}
    else if ($var(dialled) == "{company.hunt_number}") {{ {" ".join(hunt)} }}
    else if ($sht(account=>$var(dialled)) != $null) {{ $rU = $sht(account=>$var(dialled)); }}
    else {{ sl_send_reply("404", "No such number"); exit; }}
    if (!lookup_branches("location")) {{ sl_send_reply("480", "Not registered"); exit; }}
}}"""


def _request(company: Company) -> str:
    """Return what is done with a request; only the box may say who somebody else is."""
    return _REQUEST.replace("@BOX@", company.box.account).replace("@READY@", READY)


_REQUEST = """
event_route[core:worker-one-init] { xlog("L_NOTICE", "@READY@\\n"); }

request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
    if (is_method("OPTIONS") && uri == myself && $rU == $null) { sl_send_reply("200", "OK"); exit; }
    if (has_totag()) { route(DIALOG); exit; }
    t_check_trans();
    route(LOGIN);
    if (is_method("REGISTER")) { save("location"); exit; }
    route(IDENTITY);
    if (is_method("INVITE|SUBSCRIBE|REFER")) { record_route(); }
    if (uri == myself) { route(NUMBER); }
    route(RELAY);
}

route[DIALOG] {
    if (loose_route()) { route(RELAY); }
    else if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } }
    else { sl_send_reply("404", "No such dialog here"); }
}

route[LOGIN] {
    if (is_method("REGISTER")) {
        if ($au == $null || !pv_www_authenticate("$fd", "$sht(password=>$au)", "0")) { www_challenge("$fd", "0"); exit; }
        if ($au != $tU) { sl_send_reply("403", "Not your account"); exit; }
    } else {
        if ($au == $null || !pv_proxy_authenticate("$fd", "$sht(password=>$au)", "0")) { proxy_challenge("$fd", "0"); exit; }
        if ($au != $fU && $fU != "anonymous") { sl_send_reply("403", "Not your account"); exit; }
    }
    $var(account) = $au;
    consume_credentials();
}

route[IDENTITY] {
    if ($var(account) == "@BOX@" && is_present_hf("P-Asserted-Identity")) { return; }
    remove_hf("P-Asserted-Identity");
    append_hf("P-Asserted-Identity: $sht(identity=>$var(account))\\r\\n");
}

route[RELAY] {
    if (!t_relay()) { sl_reply_error(); }
    exit;
}"""
