#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No function that can fail is called on the way from texts to a verdict
# without test_torture failing it: whatever the objects of those rooms call is
# either in tests/unit/torture_wrap.opt, or stands below with the reason why it
# needs not.
. "$(dirname "$0")/tap.sh"
opt=tests/unit/torture_wrap.opt
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# Words behind a reason.
cannot_fail() {
	# Memory: each of them is failed where it is made (torture_alloc.c).
	echo malloc calloc strdup
	# Give back, wipe, forget.
	echo free ba_arena_free ba_buf_clear ba_buf_wipe ba_jwk_clear ba_jws_free \
	    ba_pkey_maker_clear ba_wipe ba_wipe_free ba_wipe_free_str json_delete \
	    EC_GROUP_free EVP_MD_CTX_free EVP_PKEY_CTX_free EVP_PKEY_free \
	    ERR_clear_error pcre2_match_context_free_8 pcre2_match_data_free_8
	# Bytes and strings in memory.
	echo memchr memcmp memcpy memmove memset strchr strcmp strcspn strlen \
	    stpcpy strncmp strnlen strpbrk strrchr strspn strstr explicit_bzero qsort \
	    ba_base64url_span ba_b64url_encode ba_equal_ct ba_equal_nocase \
	    ba_is_jose_type ba_is_token68 ba_issuer_url_ok ba_url_ok ba_sanitise ba_utf8_next \
	    ba_ini_text_ok ba_value_digits ba_value_path_ok ba_is_roca \
	    ba_name_ok inet_pton bsearch strtod strtoll
	# Text of a bounded size, from formats without wide characters.
	echo snprintf vsnprintf strerror pcre2_get_error_message_8 ba_err_text ba_err_family \
	    ba_alg_name
	# Set fields, and nothing more.
	echo ba_buf_init ba_buf_commit ba_case_begin ba_case_say \
	    OSSL_PARAM_construct_BN OSSL_PARAM_construct_end \
	    OSSL_PARAM_construct_octet_string OSSL_PARAM_construct_utf8_string \
	    pcre2_set_depth_limit_8 pcre2_set_heap_limit_8 \
	    pcre2_set_match_limit_8 pcre2_get_ovector_pointer_8 \
	    json_set_alloc_funcs getegid
	# Ask for what is there: "no" and "none" are answers.
	echo ba_claim_at ba_claim_has_word ba_claim_is_email \
	    ba_config_issuer ba_config_service ba_json_has ba_json_list_has \
	    ba_jwk_algs ba_jwk_is_secret ba_jwk_kind ba_jwk_pkey \
	    ba_jwk_named ba_jwk_secret ba_jwk_serves ba_jwk_thumbprint ba_jws_alg \
	    ba_jws_kid ba_jws_typ ba_client_is_device ba_identity_giver \
	    ba_map_find ba_map_names ba_network_has ba_networks_find \
	    ba_profile_client_claim ba_profile_scope_claim \
	    ba_rule_group_claim ba_section_pair ba_section_says \
	    ba_builder_section ba_sig_length_ok json_array_get \
	    json_array_size json_equal json_integer_value \
	    json_object_get json_object_size \
	    json_object_iter json_object_iter_key json_object_iter_next \
	    json_object_iter_value json_object_key_to_iter json_real_value \
	    json_string_length json_string_value
	# Constant tables.
	echo json_true json_false json_null
	echo ba_profile_alien_claim ba_kind_at ba_method_of ba_section_kinds \
	    ba_issuer_kind ba_service_kind EC_curve_nist2nid OBJ_sn2nid EVP_sha256
	# Tell of what failed.
	echo ERR_get_error ba_ossl_error ba_builder_complain ba_config_problem \
	    ba_value_domain ba_value_limit ba_value_number ba_value_seconds \
	    ba_client_judge ba_client_set_answer ba_client_set_auth \
	    ba_client_set_cache ba_client_set_key_algorithm \
	    ba_client_set_verify __errno_location
	# Explain to people, and decide nothing.
	echo ba_case_show ba_case_show_at ba_case_show_list
	# Whose failure every later call notices (init.c).
	echo OPENSSL_init_crypto OSSL_LIB_CTX_get0_global_default
	# Of io.c and mem.c, and not on this way.
	echo fcntl getrandom
	# close(2) of what was only read.
	echo close
}
# Names that come from the compiler: checks of its own, counters.
compilers='^(__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|gcov|llvm|tsan|msan|sanitizer)_.*|__bnd.*|_mcount|mcount|__fentry__)$'

objects() {
	# Not on this way: what we sign ourselves, and the file of the block
	# list, which whoever drives the verifier looks at.
	ls "$BA_BUILDDIR"/common/.libs/libba_verify_la-*.o \
	    "$BA_BUILDDIR"/common/json/.libs/*.o \
	    "$BA_BUILDDIR"/common/jose/.libs/*.o \
	    "$BA_BUILDDIR"/common/policy/.libs/*.o |
	    grep -vE '_la-(sign|block_file)\.o$'
	for f in ascii b64url buf err io log mem url utf8; do
		ls "$BA_BUILDDIR/common/base/.libs/libba_base_la-$f.o"
	done
}
# What FORTIFY calls f is f.
objects | xargs nm -u | awk '$1 == "U" { print $2 }' |
    sed -E 's/@.*//; s/^__isoc99_//; s/^__(.*)_chk$/\1/; s/^__open_2$/open/' |
    grep -vE "$compilers" | sort -u >"$tmp/called"
cannot_fail | tr ' ' '\n' | sort >"$tmp/cannot"
sed 's/^--wrap=//' "$opt" | sort >"$tmp/wrapped"
o=$BA_BUILDDIR/tests/unit/test_torture-torture_calls.o

check "the objects are there" "$([ "$(wc -l <"$tmp/called")" -gt 100 ] ||
    echo "only $(wc -l <"$tmp/called") functions are called")"
check "each function that is called is failed, or cannot fail" \
    "$(sort -u "$tmp/cannot" "$tmp/wrapped" | comm -23 "$tmp/called" -)"
check "no function stands in both lists" "$(
	grep -vxE 'strdup|ba_case_show(_at|_list)?|ba_jwk_is_secret' \
	    "$tmp/cannot" | comm -12 - "$tmp/wrapped")"
check "no function stands twice" "$(uniq -d "$tmp/cannot"; uniq -d "$tmp/wrapped")"
if [ -e "$o" ]; then
	nm "$o" | sed -n 's/.* T __wrap_//p' | sort >"$tmp/replaced"
	check "what the linker redirects is what torture_calls.c has" \
	    "$(comm -3 "$tmp/wrapped" "$tmp/replaced")"
else
	skip "what the linker redirects is what torture_calls.c has" \
	    "the unit tests are not built here"
fi
check "each that is failed is still called" \
    "$(comm -23 "$tmp/wrapped" "$tmp/called")"
finish
