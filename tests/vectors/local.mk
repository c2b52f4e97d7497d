# Published test vectors; skipped where they are not at hand.
check_PROGRAMS += tests/vectors/vectors
TESTS += tests/vectors/vectors
EXTRA_DIST += tests/vectors/README.md tests/vectors/run.sh
tests_vectors_vectors_SOURCES = \
	sasl/failure.c \
	sasl/failure.h \
	sasl/message.c \
	sasl/message.h \
	tests/vectors/cookbook.c \
	tests/vectors/dpop.c \
	tests/vectors/hmac.c \
	tests/vectors/json_suite.c \
	tests/vectors/keys.c \
	tests/vectors/keys.h \
	tests/vectors/readers.h \
	tests/vectors/sasl.c \
	tests/vectors/signatures.c \
	tests/vectors/source.c \
	tests/vectors/source.h \
	tests/vectors/tally.c \
	tests/vectors/tally.h \
	tests/vectors/tokens.c \
	tests/vectors/vectors.c
tests_vectors_vectors_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_vectors_vectors_LDADD = \
	common/libba_verify.la \
	common/policy/libba_policy.la \
	common/jose/libba_jose.la \
	common/json/libba_json.la \
	common/base/libba_base.la \
	$(PCRE2_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS)
