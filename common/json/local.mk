noinst_LTLIBRARIES += common/json/libba_json.la
common_json_libba_json_la_SOURCES = \
	common/json/init.c \
	common/json/init.h \
	common/json/json.c \
	common/json/json.h
common_json_libba_json_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
common_json_libba_json_la_LIBADD = $(JANSSON_LIBS)
