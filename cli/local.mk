bin_PROGRAMS += bearerauth bearerauth-askpass

bearerauth_SOURCES = \
	cli/check.c \
	cli/cli.h \
	cli/config_test.c \
	cli/main.c \
	cli/status.c
bearerauth_CFLAGS = $(AM_CFLAGS) -fPIE $(JANSSON_CFLAGS)
bearerauth_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_LDADD = $(BA_ENGINE_LIBS)

bearerauth_askpass_SOURCES = cli/askpass.c
bearerauth_askpass_CFLAGS = $(AM_CFLAGS) -fPIE
bearerauth_askpass_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_askpass_LDADD = common/base/libba_base.la
