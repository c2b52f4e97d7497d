libexec_PROGRAMS += bearerauthd bearerauth-fetch

bearerauthd_SOURCES = \
	broker/main.c
bearerauthd_CFLAGS = $(AM_CFLAGS) -fPIE $(JANSSON_CFLAGS)
bearerauthd_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauthd_LDADD = $(BA_ENGINE_LIBS)

bearerauth_fetch_SOURCES = broker/fetch_main.c
bearerauth_fetch_CFLAGS = $(AM_CFLAGS) -fPIE
bearerauth_fetch_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_fetch_LDADD = \
	common/oauth/libba_http_curl.la \
	common/oauth/libba_oauth.la \
	$(BA_CLIENT_LIBS)
