noinst_LTLIBRARIES += common/oauth/libba_oauth.la
common_oauth_libba_oauth_la_SOURCES = \
	common/oauth/fetch.c \
	common/oauth/fetch.h \
	common/oauth/http.c \
	common/oauth/http.h \
	common/oauth/keys.c \
	common/oauth/keys.h \
	common/oauth/metadata.c \
	common/oauth/metadata.h
common_oauth_libba_oauth_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)

# The one place that knows libcurl; linked into the helper only.
noinst_LTLIBRARIES += common/oauth/libba_http_curl.la
common_oauth_libba_http_curl_la_SOURCES = \
	common/oauth/http_curl.c \
	common/oauth/http_curl.h
common_oauth_libba_http_curl_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
common_oauth_libba_http_curl_la_LIBADD = $(CURL_LIBS)
