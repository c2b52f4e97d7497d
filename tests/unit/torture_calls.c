/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/base/b64url.h"
#include "common/base/buf.h"
#include "common/base/io.h"
#include "common/base/mem.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/jose/member.h"
#include "common/jose/pkey.h"
#include "common/jose/sig.h"
#include "common/jose/thumbprint.h"
#include "common/json/json.h"
#include "common/policy/arena.h"
#include "common/policy/block.h"
#include "common/policy/case.h"
#include "common/policy/claim.h"
#include "common/policy/config.h"
#include "common/policy/config_client.h"
#include "common/policy/config_value.h"
#include "common/policy/identity.h"
#include "common/policy/ini.h"
#include "common/policy/map.h"
#include "common/policy/network.h"
#include "common/policy/pattern.h"
#include "common/policy/profile.h"
#include "common/policy/rules.h"
#include "common/policy/times.h"
#include "tests/unit/torture.h"

/*
 * Each function that can fail and that is called on the way from texts to a
 * verdict, from one object file into another or into a library, with the ways
 * in which it fails, and what may come of each:
 *
 *	OURS    our fault, or the issuer's keys are not usable
 *	ANY     that, or the token is refused (the failure is one that a token
 *	        can bring about: what it reads is not there)
 *	REFUSED the token is refused and nothing else
 *
 * tests/unit/torture_wrap.opt names them for the linker; tests/structure/
 * torture.sh compares both lists with what the objects call, and says of all
 * other functions why they cannot fail.
 *
 * A function that fails does what its header says of its outputs: they are
 * cleared, or left alone, and what it takes over is freed.
 */
#define OURS    BA_TORTURE_OURS
#define ANY     BA_TORTURE_ANY
#define REFUSED BA_TORTURE_FAMILY(REFUSED)

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The linker would not notice. */
#define SAME_TYPE(type, name, params)                                          \
	_Static_assert(                                                        \
	    __builtin_types_compatible_p(__typeof__(&name), type(*) params),   \
	    "the type of " #name " has changed")

/* FAILS(type, name, (parameters), (arguments), effect, { value, families }…) */
#define FAILS(type, name, params, args, effect, ...)                           \
	SAME_TYPE(type, name, params);                                         \
	FAILS_OR(0, type, name, params, args, effect, __VA_ARGS__)
/* paused is 1: nothing is failed inside of it; see each. */
#define FAILS_OR(paused, type, name, params, args, effect, ...)                \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	static const struct {                                                  \
		type value;                                                    \
		unsigned allowed;                                              \
	} ways_##name[] = { __VA_ARGS__ };                                     \
	static struct ba_torture_site site_##name = { #name,                   \
		COUNT(ways_##name), 0, NULL };                                 \
	__attribute__((__constructor__)) static void tell_##name(void)         \
	{                                                                      \
		ba_torture_site(&site_##name);                                 \
	}                                                                      \
	type __wrap_##name params                                              \
	{                                                                      \
		int way = ba_torture_call(&site_##name);                       \
		if (way < 0) {                                                 \
			type real;                                             \
			ba_torture_pause(paused);                              \
			real = __real_##name args;                             \
			ba_torture_pause(-paused);                             \
			return real;                                           \
		}                                                              \
		ba_torture_allow(ways_##name[way].allowed);                    \
		effect;                                                        \
		return ways_##name[way].value;                                 \
	}

#define NOTHING (void)0

/* --- the C library -------------------------------------------------------- */

/*
 * Allocations fail by torture_alloc.c, wherever they are made; strdup(3) is
 * here so that what it allocates is known to be ours.
 */
char *__wrap_strdup(const char *s);
char *
__wrap_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = malloc(n);

	return copy == NULL ? NULL : memcpy(copy, s, n);
}

FAILS(int, scandir,
    (const char *dir, struct dirent ***namesp,
	int (*keep)(const struct dirent *),
	int (*order)(const struct dirent **, const struct dirent **)),
    (dir, namesp, keep, order), errno = EMFILE, { -1, OURS })
FAILS(int, stat, (const char *path, struct stat *st), (path, st),
    errno = EACCES, { -1, OURS })
/* Nobody here creates files: without the third argument. */
FAILS_OR(0, int, open, (const char *path, int flags), (path, flags),
    errno = EMFILE, { -1, OURS })
FAILS(
    int, fstat, (int fd, struct stat *st), (fd, st), errno = EIO, { -1, OURS })
FAILS(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), errno = EIO,
    { -1, OURS })
FAILS(struct passwd *, getpwnam, (const char *name), (name), errno = EMFILE,
    { NULL, OURS })
FAILS(struct group *, getgrnam, (const char *name), (name), errno = EMFILE,
    { NULL, OURS })
/* --- jansson -------------------------------------------------------------- */

FAILS(json_t *, json_array, (void), (), NOTHING, { NULL, OURS })
FAILS(json_t *, json_string, (const char *s), (s), NOTHING, { NULL, OURS })
FAILS(int, json_array_append_new, (json_t * array, json_t *v), (array, v),
    json_decref(v), { -1, OURS })
FAILS(json_t *, json_object, (void), (), NOTHING, { NULL, OURS })
FAILS(json_t *, json_stringn_nocheck, (const char *s, size_t n), (s, n),
    NOTHING, { NULL, OURS })
FAILS(json_t *, json_integer, (json_int_t i), (i), NOTHING, { NULL, OURS })
FAILS(json_t *, json_real, (double d), (d), NOTHING, { NULL, OURS })
/* Take over the value even where they fail. */
FAILS(int, json_object_set_new_nocheck,
    (json_t * o, const char *name, json_t *v), (o, name, v), json_decref(v),
    { -1, OURS })
FAILS(int, json_object_set_new, (json_t * o, const char *name, json_t *v),
    (o, name, v), json_decref(v), { -1, OURS })
FAILS(size_t, json_dumpb, (const json_t *v, char *dst, size_t n, size_t flags),
    (v, dst, n, flags), NOTHING, { 0, OURS })

/* --- OpenSSL -------------------------------------------------------------- */

FAILS(EC_GROUP *, EC_GROUP_new_by_curve_name, (int nid), (nid), NOTHING,
    { NULL, OURS })
FAILS(int, EVP_Digest,
    (const void *p, size_t n, unsigned char *dst, unsigned int *lenp,
	const EVP_MD *md, ENGINE *engine),
    (p, n, dst, lenp, md, engine), NOTHING, { 0, OURS }, { -1, OURS })
FAILS(unsigned char *, EVP_Q_mac,
    (OSSL_LIB_CTX * ctx, const char *name, const char *prop, const char *sub,
	const OSSL_PARAM *params, const void *key, size_t keylen,
	const unsigned char *p, size_t n, unsigned char *dst, size_t dstsz,
	size_t *lenp),
    (ctx, name, prop, sub, params, key, keylen, p, n, dst, dstsz, lenp),
    NOTHING, { NULL, OURS })
FAILS(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NOTHING, { NULL, OURS })
FAILS(int, EVP_DigestVerifyInit_ex,
    (EVP_MD_CTX * ctx, EVP_PKEY_CTX **pctxp, const char *md, OSSL_LIB_CTX *lib,
	const char *props, EVP_PKEY *pkey, const OSSL_PARAM *params),
    (ctx, pctxp, md, lib, props, pkey, params), NOTHING, { 0, OURS },
    { -1, OURS }, { -2, OURS })
FAILS(int, EVP_DigestVerifyUpdate, (EVP_MD_CTX * ctx, const void *p, size_t n),
    (ctx, p, n), NOTHING, { 0, OURS }, { -1, OURS })
/* 0 and -1: "the signature did not verify", and "some other error". */
FAILS(int, EVP_DigestVerifyFinal,
    (EVP_MD_CTX * ctx, const unsigned char *sig, size_t n), (ctx, sig, n),
    NOTHING, { 0, REFUSED }, { -1, REFUSED }, { -2, REFUSED })
FAILS(int, EVP_DigestVerify,
    (EVP_MD_CTX * ctx, const unsigned char *sig, size_t sigsz,
	const unsigned char *p, size_t n),
    (ctx, sig, sigsz, p, n), NOTHING, { 0, REFUSED }, { -1, REFUSED },
    { -2, REFUSED })
FAILS(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name,
    (OSSL_LIB_CTX * lib, const char *name, const char *props),
    (lib, name, props), NOTHING, { NULL, OURS })
FAILS(int, EVP_PKEY_fromdata_init, (EVP_PKEY_CTX * ctx), (ctx), NOTHING,
    { 0, OURS }, { -1, OURS }, { -2, OURS })
FAILS(int, EVP_PKEY_fromdata,
    (EVP_PKEY_CTX * ctx, EVP_PKEY **pkeyp, int selection, OSSL_PARAM params[]),
    (ctx, pkeyp, selection, params), NOTHING, { 0, OURS }, { -1, OURS },
    { -2, OURS })
FAILS(EVP_PKEY *, EVP_PKEY_dup, (EVP_PKEY * pkey), (pkey), NOTHING,
    { NULL, OURS })
FAILS(int, EVP_PKEY_set1_encoded_public_key,
    (EVP_PKEY * pkey, const unsigned char *p, size_t n), (pkey, p, n), NOTHING,
    { 0, OURS }, { -1, OURS })
FAILS(int, EVP_PKEY_CTX_set_rsa_padding, (EVP_PKEY_CTX * ctx, int padding),
    (ctx, padding), NOTHING, { 0, OURS }, { -1, OURS }, { -2, OURS })
FAILS(int, EVP_PKEY_CTX_set_rsa_mgf1_md_name,
    (EVP_PKEY_CTX * ctx, const char *md, const char *props), (ctx, md, props),
    NOTHING, { 0, OURS }, { -1, OURS }, { -2, OURS })
FAILS(int, EVP_PKEY_CTX_set_rsa_pss_saltlen, (EVP_PKEY_CTX * ctx, int n),
    (ctx, n), NOTHING, { 0, OURS }, { -1, OURS }, { -2, OURS })
FAILS(int, EVP_PKEY_get_bits, (const EVP_PKEY *pkey), (pkey), NOTHING,
    { 0, ANY }, { -1, ANY })
FAILS(int, EVP_PKEY_get_id, (const EVP_PKEY *pkey), (pkey), NOTHING, { 0, ANY },
    { -1, ANY })
FAILS(int, EVP_PKEY_get_size, (const EVP_PKEY *pkey), (pkey), NOTHING,
    { 0, ANY }, { -1, ANY })

/* --- PCRE2 ---------------------------------------------------------------- */

FAILS(pcre2_general_context *, pcre2_general_context_create_8,
    (void *(*take)(PCRE2_SIZE, void *), void (*give)(void *, void *),
	void *arg),
    (take, give, arg), NOTHING, { NULL, OURS })
FAILS(pcre2_compile_context *, pcre2_compile_context_create_8,
    (pcre2_general_context * general), (general), NOTHING, { NULL, OURS })
FAILS(pcre2_code *, pcre2_compile_8,
    (PCRE2_SPTR p, PCRE2_SIZE n, uint32_t options, int *errorp, PCRE2_SIZE *atp,
	pcre2_compile_context *context),
    (p, n, options, errorp, atp, context),
    (*errorp = PCRE2_ERROR_HEAP_FAILED, *atp = 0), { NULL, OURS })
FAILS(int, pcre2_pattern_info_8,
    (const pcre2_code *code, uint32_t what, void *dst), (code, what, dst),
    NOTHING, { PCRE2_ERROR_NULL, OURS }, { PCRE2_ERROR_UNSET, OURS })
FAILS(pcre2_match_data *, pcre2_match_data_create_8,
    (uint32_t pairs, pcre2_general_context *general), (pairs, general), NOTHING,
    { NULL, OURS })
FAILS(pcre2_match_context *, pcre2_match_context_create_8,
    (pcre2_general_context * general), (general), NOTHING, { NULL, OURS })
/* 0: more groups than the vector has room for. */
FAILS(int, pcre2_match_8,
    (const pcre2_code *code, PCRE2_SPTR p, PCRE2_SIZE n, PCRE2_SIZE at,
	uint32_t options, pcre2_match_data *data, pcre2_match_context *context),
    (code, p, n, at, options, data, context), NOTHING,
    { PCRE2_ERROR_NOMEMORY, OURS },
    { PCRE2_ERROR_NOMATCH, BA_TORTURE_FAMILY(NOT_ALLOWED) },
    { PCRE2_ERROR_MATCHLIMIT, BA_TORTURE_FAMILY(NOT_ALLOWED) },
    { PCRE2_ERROR_INTERNAL, BA_TORTURE_FAMILY(NOT_ALLOWED) },
    { 0, BA_TORTURE_FAMILY(NOT_ALLOWED) })

/* --- common/base ---------------------------------------------------------- */

FAILS(int, ba_b64url_decode,
    (const char *src, size_t n, void *dst, size_t dstsz, size_t *lenp),
    (src, n, dst, dstsz, lenp), *lenp = 0, { BA_ERR_B64, ANY },
    { BA_ERR_LIMIT, ANY })
FAILS(int, ba_copy_str, (char *dst, size_t dstsz, const char *src),
    (dst, dstsz, src), *dst = '\0', { BA_ERR_LIMIT, ANY })
FAILS(int, ba_buf_reserve, (struct ba_buf * b, size_t n, unsigned char **pp),
    (b, n, pp), *pp = NULL, { BA_ERR_LIMIT, OURS }, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_read_trusted,
    (const char *path, uid_t uid, int forbid, struct ba_buf *b,
	const char **whyp),
    (path, uid, forbid, b, whyp), *whyp = "fails", { BA_ERR_NOMEM, OURS },
    { BA_ERR_SYSTEM, OURS }, { BA_ERR_CONFIG, OURS },
    { BA_ERR_NOT_FOUND, OURS })

FAILS(int, ba_directory_trusted,
    (const char *path, uid_t uid, const char **whyp), (path, uid, whyp),
    *whyp = "fails", { BA_ERR_SYSTEM, OURS }, { BA_ERR_CONFIG, OURS })

/* --- common/json ---------------------------------------------------------- */

FAILS(int, ba_json_parse, (const void *p, size_t n, json_t **rootp),
    (p, n, rootp), *rootp = NULL, { BA_ERR_NOMEM, OURS }, { BA_ERR_JSON, ANY })
/*
 * BA_ERR_JSON_MISSING is an answer and no failure: what may be missing is
 * then not looked at, rightly.
 */
FAILS(int, ba_json_string, (const json_t *o, const char *name, const char **sp),
    (o, name, sp), *sp = NULL, { BA_ERR_JSON_TYPE, ANY })
FAILS(int, ba_json_date, (const json_t *o, const char *name, int64_t *tp),
    (o, name, tp), *tp = 0, { BA_ERR_JSON_TYPE, ANY })
FAILS(int, ba_json_date_up, (const json_t *o, const char *name, int64_t *tp),
    (o, name, tp), *tp = 0, { BA_ERR_JSON_TYPE, ANY })
FAILS(int, ba_json_one_of,
    (const json_t *o, const char *name, const char *want, bool *foundp),
    (o, name, want, foundp), *foundp = false, { BA_ERR_JSON_TYPE, ANY })
FAILS(int, ba_json_word,
    (const json_t *o, const char *name, const char *word, bool *foundp),
    (o, name, word, foundp), *foundp = false, { BA_ERR_JSON_TYPE, ANY })

/* --- common/jose ---------------------------------------------------------- */

FAILS(int, ba_alg_parse, (const char *name, enum ba_alg *algp), (name, algp),
    *algp = 0, { BA_ERR_ALG, ANY })
FAILS(int, ba_jwk_read_kind, (const json_t *jwk, const struct ba_kind **kindp),
    (jwk, kindp), *kindp = NULL, { BA_ERR_KEY, OURS }, { BA_ERR_ALG, OURS })
FAILS(int, ba_jwk_check_use, (const json_t *jwk), (jwk), NOTHING,
    { BA_ERR_KEY, OURS }, { BA_ERR_ALG, OURS })
FAILS(int, ba_jwk_read_alg,
    (const json_t *jwk, const struct ba_kind *kind, unsigned *algsp,
	enum ba_alg *namedp),
    (jwk, kind, algsp, namedp), (*algsp = 0, *namedp = 0), { BA_ERR_KEY, OURS },
    { BA_ERR_ALG, OURS })
FAILS(int, ba_jwk_read_kid, (const json_t *jwk, char **kidp), (jwk, kidp),
    *kidp = NULL, { BA_ERR_KEY, OURS }, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_jwk_read_bytes,
    (const json_t *jwk, const char *name, unsigned char *dst, size_t dstsz,
	size_t *lenp),
    (jwk, name, dst, dstsz, lenp), *lenp = 0, { BA_ERR_KEY, OURS })
FAILS(int, ba_jwk_parse,
    (struct ba_pkey_maker * maker, const json_t *jwk, struct ba_jwk *key),
    (maker, jwk, key), memset(key, 0, sizeof(*key)), { BA_ERR_KEY, OURS },
    { BA_ERR_ALG, OURS }, { BA_ERR_NOMEM, OURS }, { BA_ERR_CRYPTO, OURS })
FAILS(int, ba_pkey_make,
    (struct ba_pkey_maker * maker, const json_t *jwk,
	const struct ba_kind *kind, EVP_PKEY **pkeyp),
    (maker, jwk, kind, pkeyp), *pkeyp = NULL, { BA_ERR_KEY, OURS },
    { BA_ERR_ALG, OURS }, { BA_ERR_NOMEM, OURS }, { BA_ERR_CRYPTO, OURS })
FAILS(int, ba_thumbprint,
    (const json_t *jwk, const struct ba_kind *kind, char *dst),
    (jwk, kind, dst), *dst = '\0', { BA_ERR_KEY, OURS }, { BA_ERR_NOMEM, OURS },
    { BA_ERR_CRYPTO, OURS })
/* BA_ERR_OPAQUE is an answer: the issuer is then asked about the token. */
FAILS(int, ba_token_kind, (const char *token, size_t n), (token, n), NOTHING,
    { BA_ERR_TOKEN_SYNTAX, REFUSED }, { BA_ERR_TOKEN_SIZE, REFUSED })
FAILS(int, ba_jws_parse,
    (const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp),
    (token, n, allowed, jwsp), *jwsp = NULL, { BA_ERR_NOMEM, OURS },
    { BA_ERR_ALG, REFUSED }, { BA_ERR_SIGNATURE, REFUSED },
    { BA_ERR_JSON, REFUSED })
FAILS(int, ba_jws_restrict, (struct ba_jws * jws, unsigned allowed),
    (jws, allowed), NOTHING, { BA_ERR_ALG, REFUSED })
FAILS(int, ba_jws_peek_issuer, (const struct ba_jws *jws, const char **issp),
    (jws, issp), *issp = NULL, { BA_ERR_ISS, REFUSED })
FAILS(int, ba_jws_verify, (struct ba_jws * jws, const struct ba_jwk *key),
    (jws, key), NOTHING, { BA_ERR_SIGNATURE, REFUSED }, { BA_ERR_KEY, REFUSED },
    { BA_ERR_CRYPTO, OURS }, { BA_ERR_NOMEM, OURS }, { 1, OURS })
FAILS(int, ba_sig_verify,
    (const struct ba_jwk *key, enum ba_alg alg, const void *p, size_t n,
	const void *sig, size_t sigsz),
    (key, alg, p, n, sig, sigsz), NOTHING, { BA_ERR_SIGNATURE, REFUSED },
    { BA_ERR_KEY, REFUSED }, { BA_ERR_CRYPTO, OURS }, { BA_ERR_NOMEM, OURS },
    { 1, OURS })
FAILS(const json_t *, ba_jws_claims, (const struct ba_jws *jws), (jws), NOTHING,
    { NULL, OURS })
FAILS(const struct ba_jwk *, ba_jwks_next,
    (const struct ba_jwks *set, const char *kid, enum ba_alg alg, size_t *iter),
    (set, kid, alg, iter), NOTHING, { NULL, ANY })

/* --- common/policy -------------------------------------------------------- */

FAILS(struct ba_arena *, ba_arena_new, (void), (), NOTHING, { NULL, OURS })
FAILS(void *, ba_arena_alloc, (struct ba_arena * a, size_t n, size_t size),
    (a, n, size), NOTHING, { NULL, OURS })
FAILS(char *, ba_arena_str, (struct ba_arena * a, const char *s, size_t n),
    (a, s, n), NOTHING, { NULL, OURS })
FAILS(void *, ba_arena_grow,
    (struct ba_arena * a, void *array, size_t n, size_t size),
    (a, array, n, size), NOTHING, { NULL, OURS })
FAILS(int, ba_ini_parse,
    (const void *p, size_t n,
	int (*each)(void *arg, const struct ba_ini_line *line),
	void (*bad)(void *arg, unsigned number, const char *text), void *arg),
    (p, n, each, bad, arg), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_words,
    (struct ba_builder * b, const char *value, struct ba_strings *out),
    (b, value, out), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_unquote, (char *s, char **restp), (s, restp), *restp = NULL,
    { BA_ERR_NOMEM, OURS }, { BA_ERR_JSON, OURS })
FAILS(int, ba_value_names,
    (struct ba_builder * b, const char *value, struct ba_strings *out),
    (b, value, out), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_text,
    (struct ba_builder * b, const char *value, const char **textp),
    (b, value, textp), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_path,
    (struct ba_builder * b, const char *value, const char **pathp),
    (b, value, pathp), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_claim,
    (struct ba_builder * b, const char *value, struct ba_claim_path *path),
    (b, value, path), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_claims,
    (struct ba_builder * b, const char *value, struct ba_claim_paths *paths),
    (b, value, paths), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_value_networks,
    (struct ba_builder * b, const char *value, struct ba_networks *nets),
    (b, value, nets), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_claim_path_parse,
    (struct ba_arena * a, const char *text, struct ba_claim_path *path),
    (a, text, path), memset(path, 0, sizeof(*path)), { BA_ERR_NOMEM, OURS },
    { BA_ERR_CONFIG, OURS })
FAILS(int, ba_claim_string,
    (const json_t *claims, const struct ba_claim_path *path, const char **sp),
    (claims, path, sp), *sp = NULL, { BA_ERR_JSON_TYPE, ANY },
    { BA_ERR_JSON_MISSING, ANY })
FAILS(int, ba_client_set_certificate_file,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_endpoint,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_id,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_key_file,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_key_id,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_secret_file,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_device_audience,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_device_endpoint,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_device_resource,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_device_scope,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_client_set_token_endpoint,
    (struct ba_builder * b, void *object, const char *value),
    (b, object, value), NOTHING, { BA_ERR_NOMEM, OURS })
FAILS(int, ba_network_parse, (const char *text, struct ba_network *net),
    (text, net), memset(net, 0, sizeof(*net)), { BA_ERR_CONFIG, OURS })
FAILS(int, ba_pattern_compile,
    (struct ba_arena * a, const char *text, char *why, size_t whysz,
	const struct ba_pattern **patternp),
    (a, text, why, whysz, patternp), (*patternp = NULL, *why = '\0'),
    { BA_ERR_NOMEM, OURS }, { BA_ERR_CONFIG, OURS }, { BA_ERR_INTERNAL, OURS })
FAILS(int, ba_pattern_match,
    (const struct ba_pattern *p, const char *subject, char *dst, size_t dstsz),
    (p, subject, dst, dstsz), *dst = '\0', { BA_ERR_NOMEM, OURS },
    { BA_ERR_USER_NAME, BA_TORTURE_FAMILY(NOT_ALLOWED) })
FAILS(int, ba_map_parse,
    (struct ba_arena * a, const struct ba_config *config, const char *name,
	const void *p, size_t n, const struct ba_config_report *report,
	const struct ba_map **mapp),
    (a, config, name, p, n, report, mapp), *mapp = NULL, { BA_ERR_NOMEM, OURS },
    { BA_ERR_CONFIG, OURS })
FAILS(int, ba_map_parse_shared,
    (struct ba_arena * a, const char *name, const void *p, size_t n,
	const struct ba_config_report *report, const struct ba_map **mapp),
    (a, name, p, n, report, mapp), *mapp = NULL, { BA_ERR_NOMEM, OURS },
    { BA_ERR_CONFIG, OURS })
FAILS(int, ba_profile_type, (struct ba_case * c, const char *typ), (c, typ),
    NOTHING, { BA_ERR_TYP, ANY })
/*
 * Looks for signs of an ID token.  A claim that is no string names no client,
 * there, and an aud that is none is not the client: to be told so is an
 * answer and no failure, and nothing else is called.
 */
SAME_TYPE(int, ba_profile_kind, (struct ba_case * c));
FAILS_OR(1, int, ba_profile_kind, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_ID_TOKEN, ANY })
FAILS(int, ba_profile_claims, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_CLAIM, ANY }, { BA_ERR_CNF, ANY })
FAILS(int, ba_profile_answer, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_TYP, ANY }, { BA_ERR_ID_TOKEN, ANY }, { BA_ERR_CNF, ANY })
FAILS(int, ba_rule_block, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_BLOCKED, ANY }, { BA_ERR_CLAIM, ANY })
FAILS(int, ba_times_expiry, (struct ba_case * c, int64_t *expp), (c, expp),
    *expp = 0, { BA_ERR_EXP, ANY })
FAILS(int, ba_times_not_before, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_NBF, ANY })
FAILS(int, ba_times_issued, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_IAT, ANY })
FAILS(int, ba_times_age, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_AGE, ANY }, { BA_ERR_LIFETIME, ANY })
FAILS(int, ba_times_authentication, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_AUTH_TIME, ANY })
FAILS(int, ba_rule_audience, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_AUD, ANY })
FAILS(int, ba_rule_client, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_CLIENT, ANY })
FAILS(int, ba_rule_scope, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_SCOPE, ANY })
FAILS(int, ba_rule_group, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_GROUP, ANY })
FAILS(int, ba_rule_authentication, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_ACR, ANY })
FAILS(int, ba_rule_source, (struct ba_case * c), (c), NOTHING,
    { BA_ERR_SOURCE, ANY })
FAILS(int, ba_identity, (struct ba_case * c, struct ba_name *name), (c, name),
    memset(name, 0, sizeof(*name)), { BA_ERR_NOMEM, OURS },
    { BA_ERR_NO_NAME, ANY }, { BA_ERR_USER_NAME, ANY })
FAILS(int, ba_identity_account,
    (struct ba_case * c, const struct ba_name *name, const uid_t *uid),
    (c, name, uid), NOTHING, { BA_ERR_UID, ANY }, { BA_ERR_UNKNOWN_USER, ANY })

/* --- where a failure does no harm ------------------------------------------ */

#define HARMLESS(type, name, params, args)                                     \
	SAME_TYPE(type, name, params);                                         \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	type __wrap_##name params                                              \
	{                                                                      \
		type real;                                                     \
		ba_torture_harmless(1);                                        \
		real = __real_##name args;                                     \
		ba_torture_harmless(-1);                                       \
		return real;                                                   \
	}

/* What is not shown to people decides nothing. */
HARMLESS(const char *, ba_case_show,
    (const struct ba_case *c, const char *claim, char *dst), (c, claim, dst))
HARMLESS(const char *, ba_case_show_at,
    (const struct ba_case *c, const struct ba_claim_path *path, char *dst),
    (c, path, dst))
HARMLESS(const char *, ba_case_show_list,
    (const struct ba_case *c, const struct ba_strings *list, char *dst),
    (c, list, dst))
/* "It has no readable kty" is judged again by ba_jwk_read_kind(). */
HARMLESS(bool, ba_jwk_is_secret, (const json_t *jwk), (jwk))
