/* Limits and features of PJSIP in Parkdeck's own build. A park box holds hundreds of calls; the library's defaults are a
 * soft phone's (4 calls, 254 conference ports). Every value that differs from PJSIP's own default has its reason. */
#define PJ_HAS_IPV6                     1
#define PJ_LOG_MAX_LEVEL                5    /* compiled in; the level at run time decides */
#define PJ_IOQUEUE_MAX_HANDLES          4096 /* two sockets per call, and room; needs epoll above 1024 */

#define PJSUA_MAX_CALLS                 512
#define PJSUA_MAX_ACC                   64
#define PJSUA_MAX_PLAYERS               256
#define PJSUA_MAX_CONF_PORTS            4096

#define PJSIP_MAX_TSX_COUNT             4095
#define PJSIP_MAX_DIALOG_COUNT          4095
#define PJSIP_MAX_PKT_LEN               8000 /* of a longer datagram only the beginning is read */
#define PJSIP_MAX_URL_SIZE              512
#define PJSIP_DONT_SWITCH_TO_TCP        1    /* the configured transport is the one the PBX knows us by */
#define PJSIP_TCP_KEEP_ALIVE_INTERVAL   60
#define PJSIP_TCP_INITIAL_TIMEOUT       10   /* seconds for the first message of a connection; 0: silent ones stay for ever */
#define PJSIP_TLS_TRANSPORT_DONT_CREATE_LISTENER 1 /* we have no certificate to show: TLS connections are ours to open */

#define PJMEDIA_HAS_SRTP                1
#define PJMEDIA_HAS_VIDEO               0
#define PJMEDIA_CONF_USE_AGC            0    /* the PA bus has its own limiter; AGC pumps on pauses */
#define PJMEDIA_RTP_PT_TELEPHONE_EVENTS 101  /* what nearly every phone and PBX offers */
