include tests/vectors/local.mk
include tests/differential/local.mk

# Unit tests: one program for each source, of the same name.
if HAVE_CMOCKA
UNIT_TESTS =
UNIT_TESTS += tests/unit/test_ascii
UNIT_TESTS += tests/unit/test_b64url
UNIT_TESTS += tests/unit/test_buf
UNIT_TESTS += tests/unit/test_err
UNIT_TESTS += tests/unit/test_io
UNIT_TESTS += tests/unit/test_log
UNIT_TESTS += tests/unit/test_mem
UNIT_TESTS += tests/unit/test_utf8
UNIT_TESTS += tests/unit/test_url
UNIT_TESTS += tests/unit/test_json
UNIT_TESTS += tests/unit/test_json_init
UNIT_TESTS += tests/unit/test_init
UNIT_TESTS += tests/unit/test_alg
UNIT_TESTS += tests/unit/test_jwk
UNIT_TESTS += tests/unit/test_jws
UNIT_TESTS += tests/unit/test_key
UNIT_TESTS += tests/unit/test_member
UNIT_TESTS += tests/unit/test_pkey
UNIT_TESTS += tests/unit/test_roca
UNIT_TESTS += tests/unit/test_sig
UNIT_TESTS += tests/unit/test_sign
UNIT_TESTS += tests/unit/test_thumbprint
UNIT_TESTS += tests/unit/test_arena
UNIT_TESTS += tests/unit/test_ini
UNIT_TESTS += tests/unit/test_config
UNIT_TESTS += tests/unit/test_claim
UNIT_TESTS += tests/unit/test_network
UNIT_TESTS += tests/unit/test_pattern
UNIT_TESTS += tests/unit/test_map
UNIT_TESTS += tests/unit/test_block
UNIT_TESTS += tests/unit/test_block_file
UNIT_TESTS += tests/unit/test_case
UNIT_TESTS += tests/unit/test_profile
UNIT_TESTS += tests/unit/test_times
UNIT_TESTS += tests/unit/test_rules
UNIT_TESTS += tests/unit/test_identity
UNIT_TESTS += tests/unit/test_authz
UNIT_TESTS += tests/unit/test_store
UNIT_TESTS += tests/unit/test_http
UNIT_TESTS += tests/unit/test_metadata
UNIT_TESTS += tests/unit/test_attempt
UNIT_TESTS += tests/unit/test_keys
UNIT_TESTS += tests/unit/test_keys_brokers
UNIT_TESTS += tests/unit/test_keys_file
UNIT_TESTS += tests/unit/test_keys_known
UNIT_TESTS += tests/unit/test_keys_record
UNIT_TESTS += tests/unit/test_breaker
UNIT_TESTS += tests/unit/test_client
UNIT_TESTS += tests/unit/test_credentials
UNIT_TESTS += tests/unit/test_device
UNIT_TESTS += tests/unit/test_answer
UNIT_TESTS += tests/unit/test_introspect
UNIT_TESTS += tests/unit/test_fetch
UNIT_TESTS += tests/unit/test_http_pool
UNIT_TESTS += tests/unit/test_http_trust
UNIT_TESTS += tests/unit/test_askpass
UNIT_TESTS += tests/unit/test_command
UNIT_TESTS += tests/unit/test_explain
UNIT_TESTS += tests/unit/test_check_input
UNIT_TESTS += tests/unit/test_check_asking
UNIT_TESTS += tests/unit/test_control
UNIT_TESTS += tests/unit/test_block_command
UNIT_TESTS += tests/unit/test_message
UNIT_TESTS += tests/unit/test_option
UNIT_TESTS += tests/unit/test_trust
UNIT_TESTS += tests/unit/test_spawn
UNIT_TESTS += tests/unit/test_ask
UNIT_TESTS += tests/unit/test_verify
UNIT_TESTS += tests/unit/test_torture
UNIT_TESTS += tests/unit/test_pam_args
UNIT_TESTS += tests/unit/test_pam_token
UNIT_TESTS += tests/unit/test_pam_result
UNIT_TESTS += tests/unit/test_pam_grid
UNIT_TESTS += tests/unit/test_pam_process
UNIT_TESTS += tests/unit/test_pam_way
UNIT_TESTS += tests/unit/test_pam_torture
UNIT_TESTS += tests/unit/test_pam_oauth2
UNIT_TESTS += tests/unit/test_sasl_message
UNIT_TESTS += tests/unit/test_sasl_result
UNIT_TESTS += tests/unit/test_oauthbearer
UNIT_TESTS += tests/unit/test_audit
UNIT_TESTS += tests/unit/test_fetcher
UNIT_TESTS += tests/unit/test_listen
UNIT_TESTS += tests/unit/test_once
UNIT_TESTS += tests/unit/test_order
UNIT_TESTS += tests/unit/test_lines
UNIT_TESTS += tests/unit/test_login
UNIT_TESTS += tests/unit/test_loop
UNIT_TESTS += tests/unit/test_notify
UNIT_TESTS += tests/unit/test_options
UNIT_TESTS += tests/unit/test_peer
UNIT_TESTS += tests/unit/test_privilege
UNIT_TESTS += tests/unit/test_device_limit
UNIT_TESTS += tests/unit/test_device_text
UNIT_TESTS += tests/unit/test_query
UNIT_TESTS += tests/unit/test_query_device
UNIT_TESTS += tests/unit/test_session
UNIT_TESTS += tests/unit/test_sink
UNIT_TESTS += tests/unit/test_broker
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif

UNIT_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS) \
	$(CRYPTO_CFLAGS) $(SQLITE_CFLAGS)
UNIT_ENGINE = $(BA_ENGINE_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) \
	$(SQLITE_LIBS) $(PCRE2_LIBS) $(CMOCKA_LIBS)
UNIT_CLIENT = $(BA_CLIENT_LIBS) $(CMOCKA_LIBS)
# Makes keys and signs tokens for tests.
UNIT_MINT = tests/unit/mint.c tests/unit/mint.h
UNIT_SCARCE = tests/unit/scarce.c tests/unit/scarce.h

tests_unit_test_ascii_SOURCES = tests/unit/test_ascii.c
tests_unit_test_ascii_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ascii_LDADD = $(UNIT_CLIENT)

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

tests_unit_test_url_SOURCES = tests/unit/test_url.c
tests_unit_test_url_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_url_LDADD = $(UNIT_CLIENT)

tests_unit_test_utf8_SOURCES = tests/unit/test_utf8.c
tests_unit_test_utf8_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_utf8_LDADD = $(UNIT_CLIENT)

tests_unit_test_option_SOURCES = tests/unit/test_option.c
tests_unit_test_option_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_option_LDADD = $(UNIT_CLIENT)

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

tests_unit_test_json_init_SOURCES = tests/unit/test_json_init.c
tests_unit_test_json_init_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_json_init_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=free
tests_unit_test_json_init_LDADD = $(UNIT_ENGINE)

tests_unit_test_init_SOURCES = tests/unit/test_init.c
tests_unit_test_init_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_init_LDADD = $(UNIT_ENGINE)

tests_unit_test_alg_SOURCES = tests/unit/test_alg.c
tests_unit_test_alg_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_alg_LDADD = $(UNIT_ENGINE)

tests_unit_test_jwk_SOURCES = tests/unit/test_jwk.c \
	$(UNIT_MINT)
tests_unit_test_jwk_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_jwk_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=strdup -Wl,--wrap=free
tests_unit_test_jwk_LDADD = $(UNIT_ENGINE)

tests_unit_test_jws_SOURCES = tests/unit/test_jws.c \
	$(UNIT_MINT)
tests_unit_test_jws_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_jws_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc
tests_unit_test_jws_LDADD = $(UNIT_ENGINE)

tests_unit_test_key_SOURCES = tests/unit/test_key.c \
	$(UNIT_MINT)
tests_unit_test_key_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_key_LDADD = $(UNIT_ENGINE)

tests_unit_test_member_SOURCES = tests/unit/test_member.c
tests_unit_test_member_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_member_LDADD = $(UNIT_ENGINE)

tests_unit_test_pkey_SOURCES = tests/unit/test_pkey.c \
	$(UNIT_MINT) $(UNIT_SCARCE)
tests_unit_test_pkey_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pkey_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=EC_GROUP_new_by_curve_name \
	-Wl,--wrap=EVP_PKEY_CTX_new_from_name \
	-Wl,--wrap=EVP_PKEY_dup \
	-Wl,--wrap=EVP_PKEY_fromdata \
	-Wl,--wrap=EVP_PKEY_fromdata_init \
	-Wl,--wrap=EVP_PKEY_get_bits \
	-Wl,--wrap=EVP_PKEY_get_size \
	-Wl,--wrap=EVP_PKEY_set1_encoded_public_key
tests_unit_test_pkey_LDADD = $(UNIT_ENGINE)

tests_unit_test_roca_SOURCES = tests/unit/test_roca.c
tests_unit_test_roca_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_roca_LDADD = $(UNIT_ENGINE)

tests_unit_test_thumbprint_SOURCES = tests/unit/test_thumbprint.c \
	$(UNIT_SCARCE)
tests_unit_test_thumbprint_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_thumbprint_LDADD = $(UNIT_ENGINE)

tests_unit_test_sig_SOURCES = tests/unit/test_sig.c \
	$(UNIT_MINT) $(UNIT_SCARCE)
tests_unit_test_sig_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sig_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ba_equal_ct \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_mgf1_md_name \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_padding \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_pss_saltlen \
	-Wl,--wrap=EVP_Q_mac
tests_unit_test_sig_LDADD = $(UNIT_ENGINE)

tests_unit_test_sign_SOURCES = tests/unit/test_sign.c \
	$(UNIT_MINT)
tests_unit_test_sign_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sign_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=EVP_DigestSign -Wl,--wrap=BIO_new_mem_buf \
	-Wl,--wrap=malloc -Wl,--wrap=EVP_MD_CTX_new \
	-Wl,--wrap=EVP_DigestSignInit_ex \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_padding \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_mgf1_md_name \
	-Wl,--wrap=EVP_PKEY_CTX_set_rsa_pss_saltlen \
	-Wl,--wrap=d2i_ECDSA_SIG -Wl,--wrap=EVP_PKEY_get_group_name
tests_unit_test_sign_LDADD = $(UNIT_ENGINE)

tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_arena_LDADD = $(UNIT_ENGINE)

tests_unit_test_ini_SOURCES = tests/unit/test_ini.c
tests_unit_test_ini_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ini_LDADD = $(UNIT_ENGINE)

tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=scandir
tests_unit_test_config_LDADD = $(UNIT_ENGINE)

tests_unit_test_claim_SOURCES = tests/unit/test_claim.c
tests_unit_test_claim_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_claim_LDADD = $(UNIT_ENGINE)

tests_unit_test_network_SOURCES = tests/unit/test_network.c
tests_unit_test_network_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_network_LDADD = $(UNIT_ENGINE)

tests_unit_test_pattern_SOURCES = tests/unit/test_pattern.c
tests_unit_test_pattern_CFLAGS = $(UNIT_CFLAGS) $(PCRE2_CFLAGS)
tests_unit_test_pattern_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=pcre2_match_data_create_8 \
	-Wl,--wrap=pcre2_match_context_create_8 \
	-Wl,--wrap=pcre2_match_8
tests_unit_test_pattern_LDADD = $(UNIT_ENGINE)

tests_unit_test_map_SOURCES = tests/unit/test_map.c
tests_unit_test_map_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_map_LDADD = $(UNIT_ENGINE)

tests_unit_test_block_SOURCES = tests/unit/test_block.c
tests_unit_test_block_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_block_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc
tests_unit_test_block_LDADD = $(UNIT_ENGINE)

tests_unit_test_block_file_SOURCES = tests/unit/test_block_file.c
tests_unit_test_block_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_block_file_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ba_blocks_parse -Wl,--wrap=ba_clock_mono_ms \
	-Wl,--wrap=fsync -Wl,--wrap=rename -Wl,--wrap=write \
	-Wl,--wrap=calloc -Wl,--wrap=malloc -Wl,--wrap=fstat \
	-Wl,--wrap=lstat -Wl,--wrap=flock -Wl,--wrap=nanosleep \
	-Wl,--wrap=close -Wl,--wrap=strdup -Wl,--wrap=asprintf \
	-Wl,--wrap=__asprintf_chk
tests_unit_test_block_file_LDADD = $(UNIT_ENGINE)

tests_unit_test_case_SOURCES = tests/unit/test_case.c
tests_unit_test_case_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_case_LDADD = $(UNIT_ENGINE)

tests_unit_test_profile_SOURCES = tests/unit/test_profile.c
tests_unit_test_profile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_profile_LDADD = $(UNIT_ENGINE)

tests_unit_test_times_SOURCES = tests/unit/test_times.c
tests_unit_test_times_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_times_LDADD = $(UNIT_ENGINE)

tests_unit_test_rules_SOURCES = tests/unit/test_rules.c
tests_unit_test_rules_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_rules_LDADD = $(UNIT_ENGINE)

# The verify path with each fallible call failed in turn.
tests_unit_test_torture_SOURCES = tests/unit/test_torture.c \
	tests/unit/torture.h \
	tests/unit/torture_alloc.c \
	tests/unit/torture_calls.c \
	tests/unit/torture_scene.c \
	tests/unit/torture_scene.h \
	$(UNIT_MINT)
tests_unit_test_torture_CFLAGS = $(UNIT_CFLAGS) $(PCRE2_CFLAGS)
tests_unit_test_torture_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,@$(srcdir)/tests/unit/torture_wrap.opt
tests_unit_test_torture_LDADD = $(UNIT_ENGINE)
EXTRA_tests_unit_test_torture_DEPENDENCIES = tests/unit/torture_wrap.opt
EXTRA_DIST += tests/unit/torture_wrap.opt

tests_unit_test_authz_SOURCES = tests/unit/test_authz.c
tests_unit_test_authz_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_authz_LDADD = $(UNIT_ENGINE)

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

tests_unit_test_attempt_SOURCES = tests/unit/test_attempt.c
tests_unit_test_attempt_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_attempt_LDADD = $(UNIT_ENGINE)

# Issuers, brokers, a store and answers.
UNIT_KEYS = tests/unit/keys_scene.c tests/unit/keys_scene.h $(UNIT_MINT)

tests_unit_test_keys_SOURCES = tests/unit/test_keys.c $(UNIT_KEYS)
tests_unit_test_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_LDADD = $(UNIT_ENGINE)

tests_unit_test_keys_brokers_SOURCES = tests/unit/test_keys_brokers.c \
	$(UNIT_KEYS)
tests_unit_test_keys_brokers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_brokers_LDADD = $(UNIT_ENGINE)

tests_unit_test_keys_file_SOURCES = tests/unit/test_keys_file.c $(UNIT_KEYS)
tests_unit_test_keys_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_file_LDADD = $(UNIT_ENGINE)

tests_unit_test_keys_known_SOURCES = tests/unit/test_keys_known.c $(UNIT_KEYS)
tests_unit_test_keys_known_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_known_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc
tests_unit_test_keys_known_LDADD = $(UNIT_ENGINE)

tests_unit_test_keys_record_SOURCES = tests/unit/test_keys_record.c
tests_unit_test_keys_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_record_LDADD = $(UNIT_ENGINE)

tests_unit_test_breaker_SOURCES = tests/unit/test_breaker.c
tests_unit_test_breaker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_breaker_LDADD = $(UNIT_ENGINE)

tests_unit_test_client_SOURCES = tests/unit/test_client.c \
	$(UNIT_MINT)
tests_unit_test_client_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_client_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=ba_random \
	-Wl,--wrap=BIO_new_mem_buf -Wl,--wrap=geteuid
tests_unit_test_client_LDADD = $(UNIT_ENGINE)

tests_unit_test_credentials_SOURCES = tests/unit/test_credentials.c
tests_unit_test_credentials_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_credentials_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=strdup
tests_unit_test_credentials_LDADD = $(UNIT_ENGINE)

tests_unit_test_device_SOURCES = tests/unit/test_device.c
tests_unit_test_device_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
tests_unit_test_device_LDADD = $(UNIT_ENGINE)

tests_unit_test_answer_SOURCES = tests/unit/test_answer.c \
	$(UNIT_MINT)
tests_unit_test_answer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_answer_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=EVP_DigestVerifyInit_ex
tests_unit_test_answer_LDADD = $(UNIT_ENGINE)

tests_unit_test_introspect_SOURCES = tests/unit/test_introspect.c \
	$(UNIT_MINT)
tests_unit_test_introspect_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_introspect_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=strdup \
	-Wl,--wrap=ba_store_get -Wl,--wrap=ba_store_put \
	-Wl,--wrap=ba_store_add -Wl,--wrap=ba_store_delete
tests_unit_test_introspect_LDADD = $(UNIT_ENGINE)

tests_unit_test_fetch_SOURCES = \
	tests/unit/test_fetch.c \
	tests/unit/tls_server.c \
	tests/unit/tls_server.h
tests_unit_test_fetch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fetch_LDADD = $(UNIT_ENGINE) -lssl
EXTRA_tests_unit_test_fetch_DEPENDENCIES = bearerauth-fetch$(EXEEXT)

tests_unit_test_http_pool_SOURCES = tests/unit/test_http_pool.c
tests_unit_test_http_pool_CFLAGS = $(UNIT_CFLAGS) $(CURL_CFLAGS)
tests_unit_test_http_pool_LDADD = common/oauth/libba_http_curl.la \
	$(UNIT_ENGINE)

tests_unit_test_http_trust_SOURCES = tests/unit/test_http_trust.c
tests_unit_test_http_trust_CFLAGS = $(UNIT_CFLAGS) $(CRYPTO_CFLAGS)
tests_unit_test_http_trust_LDADD = common/oauth/libba_http_curl.la \
	$(UNIT_ENGINE)

tests_unit_test_askpass_SOURCES = \
	tests/unit/test_askpass.c \
	cli/askpass_conf.c \
	cli/prompt.c
tests_unit_test_askpass_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_askpass_LDADD = $(UNIT_CLIENT)

tests_unit_test_command_SOURCES = tests/unit/test_command.c cli/command.c
tests_unit_test_command_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_command_LDADD = $(UNIT_CLIENT)

tests_unit_test_explain_SOURCES = \
	tests/unit/test_explain.c \
	cli/common.c \
	cli/explain.c
tests_unit_test_explain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_explain_LDADD = $(UNIT_ENGINE)

tests_unit_test_check_input_SOURCES = \
	tests/unit/test_check_input.c \
	cli/check_input.c
tests_unit_test_check_input_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_check_input_LDADD = $(UNIT_ENGINE)

tests_unit_test_check_asking_SOURCES = \
	tests/unit/test_check_asking.c \
	cli/check_asking.c \
	cli/common.c
tests_unit_test_check_asking_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_check_asking_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ba_fetch_wait -Wl,--wrap=ba_clock_wall
tests_unit_test_check_asking_LDADD = $(UNIT_ENGINE)

tests_unit_test_control_SOURCES = \
	tests/unit/test_control.c \
	tests/unit/control_server.c \
	tests/unit/control_server.h \
	cli/common.c \
	cli/control.c
tests_unit_test_control_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_LDADD = $(UNIT_ENGINE)

# Its store is below the working directory.
tests_unit_test_block_command_SOURCES = \
	tests/unit/test_block_command.c \
	tests/unit/control_server.c \
	tests/unit/control_server.h \
	cli/block.c \
	cli/check_input.c \
	cli/common.c \
	cli/control.c
tests_unit_test_block_command_CFLAGS = $(UNIT_CFLAGS) \
	-UBA_LOCALSTATEDIR -DBA_LOCALSTATEDIR='"state"'
tests_unit_test_block_command_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ba_clock_wall
tests_unit_test_block_command_LDADD = $(UNIT_ENGINE)

tests_unit_test_verify_SOURCES = tests/unit/test_verify.c \
	$(UNIT_MINT)
tests_unit_test_verify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_verify_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=strdup
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

tests_unit_test_pam_grid_SOURCES = tests/unit/test_pam_grid.c
tests_unit_test_pam_grid_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_grid_LDADD = $(UNIT_CLIENT)

tests_unit_test_pam_process_SOURCES = tests/unit/test_pam_process.c
tests_unit_test_pam_process_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_process_LDADD = $(UNIT_CLIENT)

tests_unit_test_pam_way_SOURCES = tests/unit/test_pam_way.c pam/way.c
tests_unit_test_pam_way_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_way_LDADD = $(UNIT_CLIENT)

tests_unit_test_sasl_message_SOURCES = tests/unit/test_sasl_message.c \
	sasl/failure.c sasl/message.c
tests_unit_test_sasl_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sasl_message_LDADD = $(UNIT_CLIENT)

tests_unit_test_sasl_result_SOURCES = tests/unit/test_sasl_result.c sasl/result.c
tests_unit_test_sasl_result_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sasl_result_LDADD = $(UNIT_CLIENT)

# The built module and plug-in, loaded as their hosts load them.
UNIT_FAKE_BROKER = tests/unit/fake_broker.c tests/unit/fake_broker.h

tests_unit_test_pam_oauth2_SOURCES = tests/unit/test_pam_oauth2.c \
	pam/grid.c pam/process.c $(UNIT_FAKE_BROKER)
tests_unit_test_pam_oauth2_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_oauth2_LDADD = $(UNIT_CLIENT) $(PAM_LIBS)
EXTRA_tests_unit_test_pam_oauth2_DEPENDENCIES = pam_oauth2.la

# The module's sources with a libpam of the test's own.
tests_unit_test_pam_torture_SOURCES = tests/unit/test_pam_torture.c \
	tests/unit/pam_torture.c \
	tests/unit/pam_torture.h \
	tests/unit/torture.h \
	tests/unit/torture_alloc.c \
	$(pam_oauth2_la_SOURCES) $(UNIT_FAKE_BROKER)
tests_unit_test_pam_torture_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_torture_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,@$(srcdir)/tests/unit/pam_torture_wrap.opt
tests_unit_test_pam_torture_LDADD = $(UNIT_CLIENT)
EXTRA_tests_unit_test_pam_torture_DEPENDENCIES = \
	tests/unit/pam_torture_wrap.opt
EXTRA_DIST += tests/unit/pam_torture_wrap.opt

tests_unit_test_oauthbearer_SOURCES = tests/unit/test_oauthbearer.c \
	$(UNIT_FAKE_BROKER)
tests_unit_test_oauthbearer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_oauthbearer_LDADD = $(UNIT_CLIENT) $(SASL_LIBS)
EXTRA_tests_unit_test_oauthbearer_DEPENDENCIES = liboauthbearer.la

include tests/bench/local.mk
include tests/e2e/local.mk

UNIT_DAEMON = broker/libba_broker.la $(BA_SYSTEM_LIBS) $(UNIT_ENGINE)

tests_unit_test_audit_SOURCES = tests/unit/test_audit.c
tests_unit_test_audit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_audit_LDADD = $(UNIT_DAEMON)

tests_unit_test_fetcher_SOURCES = tests/unit/test_fetcher.c
tests_unit_test_fetcher_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_fetcher_LDADD = $(UNIT_DAEMON)

tests_unit_test_listen_SOURCES = tests/unit/test_listen.c
tests_unit_test_listen_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_listen_LDADD = $(UNIT_DAEMON)

tests_unit_test_once_SOURCES = tests/unit/test_once.c
tests_unit_test_once_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_once_LDADD = $(UNIT_DAEMON)

tests_unit_test_order_SOURCES = tests/unit/test_order.c
tests_unit_test_order_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_order_LDADD = $(UNIT_DAEMON)

tests_unit_test_lines_SOURCES = tests/unit/test_lines.c
tests_unit_test_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lines_LDADD = $(UNIT_DAEMON)

tests_unit_test_login_SOURCES = tests/unit/test_login.c
tests_unit_test_login_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_login_LDADD = $(UNIT_DAEMON)

tests_unit_test_session_SOURCES = tests/unit/test_session.c
tests_unit_test_session_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_session_LDADD = $(UNIT_DAEMON)

tests_unit_test_loop_SOURCES = tests/unit/test_loop.c
tests_unit_test_loop_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_loop_LDADD = $(UNIT_DAEMON)

tests_unit_test_notify_SOURCES = tests/unit/test_notify.c
tests_unit_test_notify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_notify_LDADD = $(UNIT_DAEMON)

tests_unit_test_options_SOURCES = tests/unit/test_options.c
tests_unit_test_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_options_LDADD = $(UNIT_DAEMON)

tests_unit_test_peer_SOURCES = tests/unit/test_peer.c
tests_unit_test_peer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_peer_LDADD = $(UNIT_DAEMON)

tests_unit_test_privilege_SOURCES = tests/unit/test_privilege.c
tests_unit_test_privilege_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_privilege_LDADD = $(BA_SYSTEM_LIBS) $(CMOCKA_LIBS)

tests_unit_test_query_SOURCES = tests/unit/test_query.c $(UNIT_MINT)
tests_unit_test_query_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_query_LDADD = $(UNIT_DAEMON)

tests_unit_test_query_device_SOURCES = tests/unit/test_query_device.c \
	$(UNIT_MINT)
tests_unit_test_query_device_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_query_device_LDADD = $(UNIT_DAEMON)

tests_unit_test_device_limit_SOURCES = tests/unit/test_device_limit.c
tests_unit_test_device_limit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_limit_LDADD = $(UNIT_DAEMON)

tests_unit_test_device_text_SOURCES = tests/unit/test_device_text.c
tests_unit_test_device_text_CFLAGS = $(UNIT_CFLAGS) $(QRENCODE_CFLAGS)
tests_unit_test_device_text_LDADD = $(UNIT_DAEMON) $(QRENCODE_LIBS)

tests_unit_test_sink_SOURCES = tests/unit/test_sink.c
tests_unit_test_sink_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sink_LDADD = $(UNIT_DAEMON)

tests_unit_test_broker_SOURCES = tests/unit/test_broker.c $(UNIT_MINT)
tests_unit_test_broker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_broker_LDADD = $(UNIT_DAEMON)
EXTRA_tests_unit_test_broker_DEPENDENCIES = bearerauthd$(EXEEXT)

# Brokers stopped and killed at any moment, with their store; some 10 s for
# the default of 100 kills, so not in TESTS.  Prints TAP.
check_PROGRAMS += tests/e2e/store_stress
tests_e2e_store_stress_SOURCES = tests/e2e/store_stress.c
tests_e2e_store_stress_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_e2e_store_stress_LDADD = common/store/libba_store.la \
	common/base/libba_base.la $(SQLITE_LIBS)

# Whole directories: every file of them is wanted.
EXTRA_DIST += tests/coverage.sh tests/fuzz tests/mutants tests/mutants.sh \
	tests/structure
