# Generated tokens, judged by us and by npm's jose; run.sh drives both.  Not
# in TESTS: it takes node and what install.sh puts beside the provider.
check_PROGRAMS += tests/differential/generate
tests_differential_generate_SOURCES = \
	tests/differential/draft.c \
	tests/differential/draft.h \
	tests/differential/generate.c \
	tests/differential/mutate_members.c \
	tests/differential/mutate_payload.c \
	tests/differential/mutate_signature.c \
	tests/differential/mutate_text.c \
	tests/differential/mutation.h \
	tests/differential/setup.c \
	tests/differential/setup.h \
	tests/differential/text.c \
	tests/differential/text.h \
	tests/differential/random.c \
	tests/differential/random.h \
	tests/unit/mint.c \
	tests/unit/mint.h
tests_differential_generate_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS)
tests_differential_generate_LDADD = $(BA_ENGINE_LIBS) $(CRYPTO_LIBS) \
	$(JANSSON_LIBS) $(PCRE2_LIBS)
EXTRA_DIST += \
	tests/differential/compare.mjs \
	tests/differential/explained.mjs \
	tests/differential/jose.mjs \
	tests/differential/run.sh
