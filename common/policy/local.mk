noinst_LTLIBRARIES += common/policy/libba_policy.la
common_policy_libba_policy_la_SOURCES = \
	common/policy/arena.c \
	common/policy/arena.h \
	common/policy/authz.c \
	common/policy/authz.h \
	common/policy/block.c \
	common/policy/block.h \
	common/policy/block_file.c \
	common/policy/case.c \
	common/policy/case.h \
	common/policy/claim.c \
	common/policy/claim.h \
	common/policy/config.c \
	common/policy/config.h \
	common/policy/config_client.c \
	common/policy/config_client.h \
	common/policy/config_issuer.c \
	common/policy/config_keys.c \
	common/policy/config_keys.h \
	common/policy/config_service.c \
	common/policy/config_value.c \
	common/policy/config_value.h \
	common/policy/identity.c \
	common/policy/identity.h \
	common/policy/ini.c \
	common/policy/ini.h \
	common/policy/map.c \
	common/policy/map.h \
	common/policy/network.c \
	common/policy/network.h \
	common/policy/pattern.c \
	common/policy/pattern.h \
	common/policy/profile.c \
	common/policy/profile.h \
	common/policy/rules.c \
	common/policy/rules.h \
	common/policy/times.c \
	common/policy/times.h
common_policy_libba_policy_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(PCRE2_CFLAGS)
common_policy_libba_policy_la_LIBADD = $(PCRE2_LIBS)
