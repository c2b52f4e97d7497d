# Published test vectors; skipped where they are not at hand.
check_PROGRAMS += tests/vectors/vectors
TESTS += tests/vectors/vectors
EXTRA_DIST += tests/vectors/run.sh
tests_vectors_vectors_SOURCES = tests/vectors/vectors.c
tests_vectors_vectors_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
tests_vectors_vectors_LDADD = \
	common/jose/libba_jose.la \
	common/json/libba_json.la \
	common/base/libba_base.la \
	$(JANSSON_LIBS) $(CRYPTO_LIBS)
