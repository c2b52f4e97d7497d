noinst_LTLIBRARIES += common/oauth/libba_oauth.la
common_oauth_libba_oauth_la_SOURCES = \
	common/oauth/answer.c \
	common/oauth/answer.h \
	common/oauth/attempt.c \
	common/oauth/attempt.h \
	common/oauth/breaker.c \
	common/oauth/breaker.h \
	common/oauth/client.c \
	common/oauth/client.h \
	common/oauth/credentials.c \
	common/oauth/credentials.h \
	common/oauth/device.c \
	common/oauth/device.h \
	common/oauth/fetch.c \
	common/oauth/fetch.h \
	common/oauth/http.c \
	common/oauth/http.h \
	common/oauth/introspect.c \
	common/oauth/introspect.h \
	common/oauth/keys.c \
	common/oauth/keys.h \
	common/oauth/keys_file.c \
	common/oauth/keys_file.h \
	common/oauth/keys_known.c \
	common/oauth/keys_known.h \
	common/oauth/keys_record.c \
	common/oauth/keys_record.h \
	common/oauth/metadata.c \
	common/oauth/metadata.h
common_oauth_libba_oauth_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS)

# The one place that knows libcurl; linked into the helper only.
noinst_LTLIBRARIES += common/oauth/libba_http_curl.la
common_oauth_libba_http_curl_la_SOURCES = \
	common/oauth/http_curl.c \
	common/oauth/http_curl.h \
	common/oauth/http_memory.c \
	common/oauth/http_memory.h \
	common/oauth/http_pool.c \
	common/oauth/http_pool.h \
	common/oauth/http_trust.c \
	common/oauth/http_trust.h
common_oauth_libba_http_curl_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) \
	$(CRYPTO_CFLAGS)
common_oauth_libba_http_curl_la_LIBADD = $(CURL_LIBS) -lssl $(CRYPTO_LIBS)
