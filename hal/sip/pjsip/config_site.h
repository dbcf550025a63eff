/* PJSIP's compile-time settings for hotline: an audio-only call server on Linux. */

/* A call server has no sound card and no screen. */
#define PJMEDIA_HAS_VIDEO 0
#define PJSUA_HAS_VIDEO 0
#define PJMEDIA_AUDIO_DEV_HAS_ALSA 0
#define PJMEDIA_AUDIO_DEV_HAS_PORTAUDIO 0

/* Limits of one media worker. PJSIP's own (4 calls, 8 accounts, 32 players) are a soft phone's. */
#define PJSUA_MAX_CALLS 1024
#define PJSUA_MAX_ACC 512
#define PJSUA_MAX_PLAYERS 2048
#define PJSUA_MAX_RECORDERS 2048
#define PJSUA_MAX_CONF_PORTS 6144
#define PJ_IOQUEUE_MAX_HANDLES 8192
#define PJSIP_MAX_TSX_COUNT 16383
#define PJSIP_MAX_DIALOG_COUNT 8191

/* Bursts of calls wait in the socket, not on the wire. */
#define PJSIP_UDP_SO_RCVBUF_SIZE 4000000
#define PJSIP_UDP_SO_SNDBUF_SIZE 4000000
#define PJSIP_MAX_PKT_LEN 8000

/* A phone that logged in over UDP is called over UDP: many have no TCP, or a firewall before it. */
#define PJSIP_DONT_SWITCH_TO_TCP 1

/* One thread makes all PJSIP calls; it polls the timers as well. */
#define PJSUA_SEPARATE_WORKER_FOR_TIMER 0

/* Keys that we send: as long as a quick finger's. */
#define PJMEDIA_DTMF_DURATION_MSEC 100

#define PJ_LOG_MAX_LEVEL 5
#define PJ_OS_HAS_CHECK_STACK 0
