noinst_LTLIBRARIES += common/jose/libba_jose.la
common_jose_libba_jose_la_SOURCES = \
	common/jose/alg.c \
	common/jose/alg.h \
	common/jose/init.c \
	common/jose/init.h \
	common/jose/jwk.c \
	common/jose/jwk.h \
	common/jose/jws.c \
	common/jose/jws.h \
	common/jose/key.c \
	common/jose/key.h \
	common/jose/member.c \
	common/jose/member.h \
	common/jose/pkey.c \
	common/jose/pkey.h \
	common/jose/roca.c \
	common/jose/roca.h \
	common/jose/sig.c \
	common/jose/sig.h \
	common/jose/sign.c \
	common/jose/sign.h \
	common/jose/thumbprint.c \
	common/jose/thumbprint.h
common_jose_libba_jose_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
common_jose_libba_jose_la_LIBADD = $(CRYPTO_LIBS)
