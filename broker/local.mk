libexec_PROGRAMS += bearerauthd bearerauth-fetch

# All of the broker but main(), for it and for its unit tests.
noinst_LTLIBRARIES += broker/libba_broker.la
broker_libba_broker_la_SOURCES = \
	broker/accept.c \
	broker/accept.h \
	broker/audit.c \
	broker/audit.h \
	broker/broker.c \
	broker/broker.h \
	broker/conn.c \
	broker/conn.h \
	broker/control.c \
	broker/control.h \
	broker/control_lists.c \
	broker/control_lists.h \
	broker/device_limit.c \
	broker/device_limit.h \
	broker/device_text.c \
	broker/device_text.h \
	broker/engine.c \
	broker/engine.h \
	broker/errand.c \
	broker/errand.h \
	broker/fetcher.c \
	broker/fetcher.h \
	broker/inquiry.c \
	broker/inquiry.h \
	broker/lines.c \
	broker/lines.h \
	broker/listen.c \
	broker/listen.h \
	broker/login.c \
	broker/login.h \
	broker/loop.c \
	broker/loop.h \
	broker/notify.c \
	broker/notify.h \
	broker/once.c \
	broker/once.h \
	broker/options.c \
	broker/options.h \
	broker/order.c \
	broker/order.h \
	broker/peer.c \
	broker/peer.h \
	broker/query.c \
	broker/query.h \
	broker/query_authz.c \
	broker/query_device.c \
	broker/query_needs.c \
	broker/query_parts.h \
	broker/query_reply.c \
	broker/refresh.c \
	broker/refresh.h \
	broker/service.c \
	broker/service.h \
	broker/session.c \
	broker/session.h \
	broker/sink.c \
	broker/sink.h \
	broker/spawned.c \
	broker/spawned.h
broker_libba_broker_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS) $(QRENCODE_CFLAGS)
broker_libba_broker_la_LIBADD = $(QRENCODE_LIBS)

bearerauthd_SOURCES = broker/main.c
bearerauthd_CFLAGS = $(AM_CFLAGS) -fPIE
bearerauthd_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauthd_LDADD = broker/libba_broker.la $(BA_ENGINE_LIBS) \
	$(BA_SYSTEM_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)

bearerauth_fetch_SOURCES = broker/fetch_main.c
bearerauth_fetch_CFLAGS = $(AM_CFLAGS) -fPIE
bearerauth_fetch_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_fetch_LDADD = \
	common/oauth/libba_http_curl.la \
	common/oauth/libba_oauth.la \
	$(BA_CLIENT_LIBS)
