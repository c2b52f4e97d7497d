noinst_LTLIBRARIES += common/base/libba_base.la
common_base_libba_base_la_SOURCES = \
	common/base/ascii.c \
	common/base/ascii.h \
	common/base/b64url.c \
	common/base/b64url.h \
	common/base/buf.c \
	common/base/buf.h \
	common/base/clock.c \
	common/base/clock.h \
	common/base/err.c \
	common/base/err.h \
	common/base/io.c \
	common/base/io.h \
	common/base/log.c \
	common/base/log.h \
	common/base/mem.c \
	common/base/mem.h \
	common/base/origin.h \
	common/base/paths.h \
	common/base/pem.h \
	common/base/url.c \
	common/base/url.h \
	common/base/utf8.c \
	common/base/utf8.h
common_base_libba_base_la_CFLAGS = $(AM_CFLAGS)
