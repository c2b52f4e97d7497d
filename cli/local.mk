bin_PROGRAMS += bearerauth bearerauth-askpass

bearerauth_SOURCES = \
	cli/block.c \
	cli/broker_user.c \
	cli/broker_user.h \
	cli/check.c \
	cli/check_asking.c \
	cli/check_asking.h \
	cli/check_input.c \
	cli/check_input.h \
	cli/cli.h \
	cli/common.c \
	cli/config_test.c \
	cli/control.c \
	cli/control.h \
	cli/explain.c \
	cli/explain.h \
	cli/keys.c \
	cli/main.c \
	cli/status.c
bearerauth_CFLAGS = $(AM_CFLAGS) -fPIE $(JANSSON_CFLAGS)
bearerauth_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_LDADD = $(BA_ENGINE_LIBS) $(BA_SYSTEM_LIBS)

bearerauth_askpass_SOURCES = \
	cli/askpass.c \
	cli/askpass_conf.c \
	cli/askpass_conf.h \
	cli/command.c \
	cli/command.h \
	cli/prompt.c \
	cli/prompt.h
bearerauth_askpass_CFLAGS = $(AM_CFLAGS) -fPIE
bearerauth_askpass_LDFLAGS = $(AM_LDFLAGS) -pie
bearerauth_askpass_LDADD = common/base/libba_base.la
