noinst_LTLIBRARIES += common/policy/libba_policy.la
common_policy_libba_policy_la_SOURCES = \
	common/policy/arena.c \
	common/policy/arena.h \
	common/policy/config.c \
	common/policy/config.h \
	common/policy/config_keys.c \
	common/policy/config_keys.h \
	common/policy/identity.c \
	common/policy/identity.h \
	common/policy/ini.c \
	common/policy/ini.h
common_policy_libba_policy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
