# Benchmarks: built by "make check", run by tests/bench/run.sh.
check_PROGRAMS += tests/bench/verify tests/bench/pamhost tests/bench/rounds \
	tests/bench/questions tests/bench/logins tests/bench/tokens \
	tests/bench/load
check_LTLIBRARIES += tests/bench/pam_empty.la

tests_bench_verify_SOURCES = tests/bench/verify.c tests/unit/mint.c \
	tests/unit/mint.h
tests_bench_verify_CFLAGS = $(UNIT_CFLAGS)
tests_bench_verify_LDADD = $(BA_ENGINE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)

tests_bench_pamhost_SOURCES = tests/bench/pamhost.c
tests_bench_pamhost_LDADD = $(PAM_LIBS)

tests_bench_rounds_SOURCES = tests/bench/rounds.c

tests_bench_questions_SOURCES = tests/bench/questions.c
tests_bench_questions_LDADD = $(BA_CLIENT_LIBS)

tests_bench_logins_SOURCES = tests/bench/logins.c

tests_bench_tokens_SOURCES = tests/bench/tokens.c $(UNIT_MINT)
tests_bench_tokens_CFLAGS = $(UNIT_CFLAGS)
tests_bench_tokens_LDADD = $(BA_ENGINE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)

tests_bench_load_SOURCES = tests/bench/load.c $(UNIT_MINT)
tests_bench_load_CFLAGS = $(UNIT_CFLAGS)
tests_bench_load_LDADD = $(BA_ENGINE_LIBS) $(BA_CLIENT_LIBS) $(CRYPTO_LIBS) \
	$(JANSSON_LIBS)

tests_bench_pam_empty_la_SOURCES = tests/bench/pam_empty.c
tests_bench_pam_empty_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -rpath $(abs_builddir)
tests_bench_pam_empty_la_LIBADD = $(PAM_LIBS)

EXTRA_DIST += tests/bench/issuers.py tests/bench/login.py \
	tests/bench/run.sh tests/bench/sasl.py tests/bench/service.py
