noinst_LTLIBRARIES += common/libba_verify.la
common_libba_verify_la_SOURCES = \
	common/verify.c \
	common/verify.h \
	common/verify_kept.c
common_libba_verify_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)

# What a plug-in links, and what an engine links: from the top floor down.
# BA_SYSTEM_LIBS is for programs that become another user.
BA_CLIENT_LIBS = \
	common/wire/libba_wire.la \
	common/base/libba_base.la
BA_SYSTEM_LIBS = \
	common/system/libba_system.la \
	common/base/libba_base.la
BA_ENGINE_LIBS = \
	common/libba_verify.la \
	common/oauth/libba_oauth.la \
	common/store/libba_store.la \
	common/policy/libba_policy.la \
	common/jose/libba_jose.la \
	common/json/libba_json.la \
	$(BA_CLIENT_LIBS)
