# Unit tests: one program for each source, of the same name.
if HAVE_CMOCKA
UNIT_TESTS =
UNIT_TESTS += tests/unit/test_b64url
UNIT_TESTS += tests/unit/test_buf
UNIT_TESTS += tests/unit/test_err
UNIT_TESTS += tests/unit/test_io
UNIT_TESTS += tests/unit/test_log
UNIT_TESTS += tests/unit/test_mem
UNIT_TESTS += tests/unit/test_json
UNIT_TESTS += tests/unit/test_jwk
UNIT_TESTS += tests/unit/test_jws
UNIT_TESTS += tests/unit/test_ini
UNIT_TESTS += tests/unit/test_config
UNIT_TESTS += tests/unit/test_identity
UNIT_TESTS += tests/unit/test_store
UNIT_TESTS += tests/unit/test_http
UNIT_TESTS += tests/unit/test_metadata
UNIT_TESTS += tests/unit/test_keys
UNIT_TESTS += tests/unit/test_fetch
UNIT_TESTS += tests/unit/test_message
UNIT_TESTS += tests/unit/test_trust
UNIT_TESTS += tests/unit/test_spawn
UNIT_TESTS += tests/unit/test_ask
UNIT_TESTS += tests/unit/test_verify
UNIT_TESTS += tests/unit/test_pam_args
UNIT_TESTS += tests/unit/test_pam_token
UNIT_TESTS += tests/unit/test_pam_result
UNIT_TESTS += tests/unit/test_sasl_message
UNIT_TESTS += tests/unit/test_sasl_result
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

UNIT_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS) $(SQLITE_CFLAGS)
UNIT_ENGINE = $(BA_ENGINE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) \
	$(SQLITE_LIBS) $(CMOCKA_LIBS)
UNIT_CLIENT = $(BA_CLIENT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_b64url_SOURCES = tests/unit/test_b64url.c
tests_unit_test_b64url_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_b64url_LDADD = $(UNIT_CLIENT)

tests_unit_test_buf_SOURCES = tests/unit/test_buf.c
tests_unit_test_buf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_buf_LDADD = $(UNIT_CLIENT)

tests_unit_test_err_SOURCES = tests/unit/test_err.c
tests_unit_test_err_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_err_LDADD = $(UNIT_CLIENT)

tests_unit_test_io_SOURCES = tests/unit/test_io.c
tests_unit_test_io_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_io_LDADD = $(UNIT_CLIENT)

tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_LDADD = $(UNIT_CLIENT)

tests_unit_test_mem_SOURCES = tests/unit/test_mem.c
tests_unit_test_mem_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_mem_LDADD = $(UNIT_CLIENT)

tests_unit_test_message_SOURCES = tests/unit/test_message.c
tests_unit_test_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_message_LDADD = $(UNIT_CLIENT)

tests_unit_test_trust_SOURCES = tests/unit/test_trust.c
tests_unit_test_trust_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_trust_LDADD = $(UNIT_CLIENT)

tests_unit_test_spawn_SOURCES = tests/unit/test_spawn.c
tests_unit_test_spawn_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_spawn_LDADD = $(UNIT_CLIENT)

tests_unit_test_ask_SOURCES = tests/unit/test_ask.c
tests_unit_test_ask_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ask_LDADD = $(UNIT_CLIENT)

tests_unit_test_json_SOURCES = tests/unit/test_json.c
tests_unit_test_json_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_json_LDADD = $(UNIT_ENGINE)

tests_unit_test_jwk_SOURCES = tests/unit/test_jwk.c
tests_unit_test_jwk_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_jwk_LDADD = $(UNIT_ENGINE)

tests_unit_test_jws_SOURCES = tests/unit/test_jws.c
tests_unit_test_jws_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_jws_LDADD = $(UNIT_ENGINE)

tests_unit_test_ini_SOURCES = tests/unit/test_ini.c
tests_unit_test_ini_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ini_LDADD = $(UNIT_ENGINE)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_LDADD = $(UNIT_ENGINE)

tests_unit_test_identity_SOURCES = tests/unit/test_identity.c
tests_unit_test_identity_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_identity_LDADD = $(UNIT_ENGINE)

tests_unit_test_store_SOURCES = tests/unit/test_store.c
tests_unit_test_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_LDADD = $(UNIT_ENGINE)

tests_unit_test_http_SOURCES = tests/unit/test_http.c
tests_unit_test_http_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_http_LDADD = $(UNIT_ENGINE)

tests_unit_test_metadata_SOURCES = tests/unit/test_metadata.c
tests_unit_test_metadata_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_metadata_LDADD = $(UNIT_ENGINE)

tests_unit_test_keys_SOURCES = tests/unit/test_keys.c
tests_unit_test_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_LDADD = $(UNIT_ENGINE)

tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c
tests_unit_test_fetch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fetch_LDADD = $(UNIT_ENGINE)

tests_unit_test_verify_SOURCES = tests/unit/test_verify.c
tests_unit_test_verify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_verify_LDADD = $(UNIT_ENGINE)

tests_unit_test_pam_args_SOURCES = tests/unit/test_pam_args.c pam/args.c
tests_unit_test_pam_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_args_LDADD = $(UNIT_CLIENT) $(PAM_LIBS)

tests_unit_test_pam_token_SOURCES = tests/unit/test_pam_token.c pam/token.c
tests_unit_test_pam_token_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_token_LDADD = $(UNIT_CLIENT) $(PAM_LIBS)

tests_unit_test_pam_result_SOURCES = tests/unit/test_pam_result.c pam/result.c
tests_unit_test_pam_result_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_result_LDADD = $(UNIT_CLIENT) $(PAM_LIBS)

tests_unit_test_sasl_message_SOURCES = tests/unit/test_sasl_message.c sasl/message.c
tests_unit_test_sasl_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sasl_message_LDADD = $(UNIT_CLIENT)

tests_unit_test_sasl_result_SOURCES = tests/unit/test_sasl_result.c sasl/result.c
tests_unit_test_sasl_result_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sasl_result_LDADD = $(UNIT_CLIENT)

