"""What the PBX of the lab is told: a small company as data, and each of Asterisk's files as a pure function of it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One SIP account at the PBX, and whom the PBX says it is."""

    account: str
    number: str
    name: str
    password: str = "geheim"  # noqa: S105 - a password on loopback


STAFF = (
    Line("100", "100", "Empfang"),
    Line("101", "101", "Peter Berger"),
    Line("102", "102", "Anna Schmidt"),
    Line("103", "103", "Jens Kaya"),
    Line("104", "104", "Petra Lang"),
    Line("105", "105", "Maria Voss"),
    Line("109", "109", "Otto Frey"),  # on holiday: no test starts his phone
)
CUSTOMERS = (
    Line("customer", "+49301234567", "Müller"),
    Line("customer2", "+4989555123", "Huber"),
    Line("customer3", "+4340777888", "Jansen"),
)
CODES = ("*68", "*58", "#58", "*88", "*80", "*81", "*78", "*79")


@dataclass(frozen=True, slots=True)
class Company:
    """Who has a phone, and what the PBX does with a number."""

    staff: tuple[Line, ...] = STAFF
    customers: tuple[Line, ...] = CUSTOMERS
    box: Line = Line("800", "800", "Parkdeck")
    codes: tuple[str, ...] = CODES
    """Each goes to the box, alone and with digits after it."""
    orbits: str = "70X"
    """Dialplan pattern of the numbers that are places of the box."""
    hunts: str = "86X"
    """Dialplan pattern of the numbers that are hunt groups of the box."""
    hunt_number: str = "850"
    hunt_members: tuple[str, ...] = ("101", "102", "103")
    """Rung all at once by the PBX itself."""
    codecs: tuple[str, ...] = ("alaw", "ulaw", "g722")
    box_codecs: tuple[str, ...] = ()
    """What the PBX talks with the box in; empty: as with everybody."""
    box_settings: tuple[str, ...] = ()
    """More settings of the box's endpoint, as `connected_line_method = update`; the last of a name holds."""
    papers: tuple[Path, Path] | None = None
    """Certificate and key: with them it listens on TLS too, one port above, and talks with the box in SRTP only."""
    dtmf: str = "rfc4733"
    """How the PBX passes digits on to the box: rfc4733, info or inband."""
    ring_time: int = 60
    parking: tuple[int, int] = (8001, 8800)
    """Asterisk's own parking lot, entered by any number 9XXX: what the bench compares with."""
    trace: bool = True
    """Every SIP message in the log."""
    bind: str = "127.0.0.1"
    """Address that it listens on."""
    without: tuple[str, ...] = ()
    """Modules that it does not have: without `res_pjsip_refer` it understands neither REFER nor Replaces."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one instance lives: its folder, the root file system it is taken from, its ports."""

    folder: Path
    modules: Path
    data: Path
    sip_port: int
    rtp_ports: tuple[int, int]


FOLDERS = ("etc", "cache", "varlib", "db", "key", "agi", "spool", "run", "log")
"""What Asterisk writes to or reads its settings from; each directive is `ast<name>dir`."""

_MODULES = """
    app_dial app_echo app_playback app_senddtmf app_stack
    bridge_builtin_features bridge_holding bridge_native_rtp bridge_simple bridge_softmix
    chan_pjsip pbx_config
    codec_a_mu codec_alaw codec_g722 codec_opus_open_source codec_resample codec_ulaw format_pcm format_sln format_wav
    func_callerid func_channel func_dialplan func_hangupcause func_logic func_pjsip_aor func_pjsip_contact
    func_pjsip_endpoint func_strings
    res_convert res_crypto res_format_attr_opus res_musiconhold res_parking res_pjproject res_rtp_asterisk
    res_sorcery_astdb res_sorcery_config res_sorcery_memory res_srtp res_timing_timerfd
    res_pjsip res_pjsip_acl res_pjsip_authenticator_digest res_pjsip_caller_id res_pjsip_dialog_info_body_generator
    res_pjsip_diversion res_pjsip_dlg_options res_pjsip_dtmf_info res_pjsip_empty_info res_pjsip_endpoint_identifier_ip
    res_pjsip_endpoint_identifier_user res_pjsip_exten_state res_pjsip_header_funcs res_pjsip_logger
    res_pjsip_messaging res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_nat
    res_pjsip_outbound_authenticator_digest res_pjsip_outbound_publish res_pjsip_pidf_body_generator
    res_pjsip_pubsub res_pjsip_refer res_pjsip_registrar res_pjsip_rfc3326 res_pjsip_sdp_rtp res_pjsip_session
"""


def asterisk_conf(place: Place) -> str:
    """Give every directory that Asterisk writes to its place in the instance's folder."""
    lines = [f"ast{name}dir => {place.folder / name}" for name in FOLDERS]
    lines += [f"astmoddir => {place.modules}", f"astdatadir => {place.data}"]
    options = ("verbose = 3", "nocolor = yes", "systemname = lab", "dumpcore = no")
    return "\n".join(["[directories]", *lines, "[options]", *options, ""])


def modules_conf(company: Company) -> str:
    """Name exactly what a small company needs: the start takes half a second instead of three."""
    names = [name for name in _MODULES.split() if name not in company.without]
    return "\n".join(["[modules]", "autoload = no", *(f"load = {name}.so" for name in names), ""])


def logger_conf() -> str:
    """One file with everything but debug; calls are not logged twice."""
    return "[general]\ndateformat = %H:%M:%S.%3q\n[logfiles]\nfull => notice,warning,error,verbose(3)\n"


def rtp_conf(place: Place) -> str:
    """Keep to the instance's own ports."""
    return f"[general]\nrtpstart = {place.rtp_ports[0]}\nrtpend = {place.rtp_ports[1]}\nicesupport = no\n"


def musiconhold_conf(place: Place) -> str:
    """Play the generated file to whoever is on hold or parked in Asterisk itself."""
    return f"[default]\nmode = files\ndirectory = {place.folder / 'moh'}\n"


def parking_conf(company: Company) -> str:
    """Asterisk's own lot: nobody is announced, nobody comes back before the bench is over."""
    first, last = company.parking
    return (
        f"[general]\n[bench]\nparkpos => {first}-{last}\ncontext => lot\nparkingtime => 3600\n"
        "comebacktoorigin = no\nfindslot => next\nparkedmusicclass = default\n"
    )


def pjsip_conf(company: Company, place: Place) -> str:
    """Write one transport, one account for each phone, and whoever calls without registering as an outside line."""
    order, trace = "endpoint_identifier_order = username,ip", "yes" if company.trace else "no"
    parts = [
        f"[global]\ntype = global\n{order}\nuser_agent = Asterisk\ndebug = {trace}\n",
        f"[udp]\ntype = transport\nprotocol = udp\nbind = {company.bind}:{place.sip_port}\n",
        _tls(company, place),
        *(_account(line, "internal", company) for line in company.staff),
        _account(company.box, "internal", company, f"dtmf_mode = {company.dtmf}", *_for_box(company)),
        *(_account(line, "outside", company) for line in company.customers),
        _endpoint("outside", "outside", company),
        "[by-address]\ntype = identify\nendpoint = outside\nmatch = 127.0.0.1\n",
    ]
    return "\n".join(parts)


def _tls(company: Company, place: Place) -> str:
    if company.papers is None:
        return ""
    certificate, key = company.papers
    where = f"bind = {company.bind}:{place.sip_port + 1}\ncert_file = {certificate}\npriv_key_file = {key}\n"
    return f"[tls]\ntype = transport\nprotocol = tls\nmethod = tlsv1_2\n{where}"


def _for_box(company: Company) -> tuple[str, ...]:
    codecs = ("disallow = all", f"allow = {','.join(company.box_codecs)}") if company.box_codecs else ()
    secret = ("media_encryption = sdes",) if company.papers else ()
    return (*codecs, *secret, *company.box_settings)


def _endpoint(name: str, context: str, company: Company, *more: str) -> str:
    settings = (
        "type = endpoint",
        f"context = {context}",
        "message_context = messages",
        "disallow = all",
        f"allow = {','.join(company.codecs)}",
        "direct_media = no",
        "trust_id_inbound = yes",
        "trust_id_outbound = yes",
        "send_pai = yes",
        "rtp_symmetric = yes",
        *more,
    )
    return "\n".join([f"[{name}]", *settings, ""])


def _account(line: Line, context: str, company: Company, *more: str) -> str:
    name = line.account
    who = f'callerid = "{line.name}" <{line.number}>'
    login = f"[{name}]\ntype = auth\nauth_type = userpass\nusername = {name}\npassword = {line.password}\n"
    contact = f"[{name}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\n"
    return "\n".join(
        [_endpoint(name, context, company, f"auth = {name}", f"aors = {name}", who, *more), login, contact]
    )


def extensions_conf(company: Company) -> str:
    """Write the dialplan: people, the PBX's own hunt group, customers; the box's numbers to it, 9XXX to Asterisk's lot."""
    people = [_dial(line.number, line.account, company) for line in (*company.staff, *company.customers)]
    hunt = "&".join(f"PJSIP/{member}" for member in company.hunt_members)
    codes = (*company.codes, *(f"_{code}." for code in company.codes))
    to_box = [company.box.number, *codes, f"_{company.orbits}", f"_{company.hunts}"]
    parts = [
        "[internal]",
        *people,
        f"exten => {company.hunt_number},1,Dial({hunt},{company.ring_time})\n same => n,{_HANGUP}",
        *(_to_box(pattern, company) for pattern in to_box),
        "exten => _9XXX,1,Park(bench,s)\n same => n,Hangup()",
        "exten => _8XXX,1,ParkedCall(bench,${EXTEN})\n same => n,Hangup()",
        "exten => 7777,1,Answer()\n same => n,Echo()",
        "[outside]\ninclude => internal",
        "[messages]\nexten => _[+0-9]!,1,MessageSend(pjsip:${EXTEN},${MESSAGE(from)})",
        _PASSED,
    ]
    return "\n".join([*parts, ""])


def _dial(number: str, account: str, company: Company) -> str:
    """Ring a phone and pass on how it is asked to ring, which Asterisk by itself does not."""
    return (
        f"exten => {number},1,Set(__RING=${{PJSIP_HEADER(read,Alert-Info)}})\n"
        " same => n,Set(__INFO=${PJSIP_HEADER(read,Call-Info)})\n"
        f" same => n,Dial(PJSIP/{account},{company.ring_time},b(passed^s^1))\n"
        f" same => n,{_HANGUP}"
    )


def _to_box(pattern: str, company: Company) -> str:
    dial = f"Dial(PJSIP/${{EXTEN}}@{company.box.account},{company.ring_time})"
    return f"exten => {pattern},1,{dial}\n same => n,{_HANGUP}"


_HANGUP = 'Hangup(${IF($["${DIALSTATUS}" = "CHANUNAVAIL"]?20:${HANGUPCAUSE})})'
"""Pass on why nobody answered; a phone that is not registered is 480, as with PBXs that people buy."""

_PASSED = """[passed]
exten => s,1,GotoIf($[${LEN(${RING})} = 0]?info)
 same => n,Set(PJSIP_HEADER(add,Alert-Info)=${RING})
 same => n(info),GotoIf($[${LEN(${INFO})} = 0]?done)
 same => n,Set(PJSIP_HEADER(add,Call-Info)=${INFO})
 same => n(done),Return()
[lot]"""


def texts(company: Company, place: Place) -> dict[str, str]:
    """Every file of `etc`, by its name."""
    return {
        "asterisk.conf": asterisk_conf(place),
        "modules.conf": modules_conf(company),
        "logger.conf": logger_conf(),
        "rtp.conf": rtp_conf(place),
        "musiconhold.conf": musiconhold_conf(place),
        "res_parking.conf": parking_conf(company),
        "cdr.conf": "[general]\nenable = no\n",
        "cel.conf": "[general]\nenable = no\n",
        "pjsip.conf": pjsip_conf(company, place),
        "extensions.conf": extensions_conf(company),
    }
