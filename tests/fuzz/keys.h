/* SPDX-License-Identifier: BSD-2-Clause */
/* Written by make_corpus.c; run.sh corpus. */
/* clang-format off */
const char fuzz_jwks_text[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"5PcpCSa0Ke5L9bVQUm3opU7U3_W33"
    "4ckuaNnHtlJsH6abu3hUsw55ukSC1xmHw1KtDs3qfwuQGDxj4ZBph2I5"
    "XBP-x0mqVca5Dw6FoqICnE8EH-4Zxu4Rceu_ByDgYIA6PS9Wep-84Ug1"
    "WP7tFuZ3ZR9n6S5DbNT_k_OzZhhstVCAb1SxSpR8-JKV8ubYS3bLNaOI"
    "EPqxjbyjWpND--QQWVhqlD9i6CUi7UeCb8pzsos_6nLPxIrDY61XtcLJ"
    "NPA1j5kJYwl7i7fNaKVj-u4zNYzoX0F7vVDqKHHvRvJ_jcunfjrPyQxi"
    "rAw5_qKJCfFCx-2vI5GuWPYsKKpD6eV8w\",\"e\":\"AQAB\",\"use\":\"sig"
    "\",\"kid\":\"RS256\",\"alg\":\"RS256\"},{\"kty\":\"RSA\",\"n\":\"yjVRwFC"
    "nJKhsxWoZOsdN0C5glGX9mXYNGv4BZEzSx9alPr_KNLajCtXwF5fNyMu"
    "dj7AFz9vhvW2SkomGtJorLYgkvd4SN1s3owxpt1ZaI9oTYgQt7FY394E"
    "s9fFE-ZXfWjHdKvt6tkS6bG-IMEGR77N7t1pjtqhMfRgjQq_WYdkMst8"
    "mfUSkVqV9Mqxv20reMdgVtecReKbwPlKrJ-Bp3FJVqZs-RAmP8yUHqW1"
    "lSOYUK1WWhLJ1Pb5SuHqluv8Hicn4bk6lNhE8ANyqeKQ3XV1fhJXp-HH"
    "71KI6yHvL710KOE4i71rYh6tAbyXCILvFIfer3GVs3Kht_FQfgdsXnQ\""
    ",\"e\":\"AQAB\",\"use\":\"sig\",\"kid\":\"PS256\",\"alg\":\"PS256\"},{\"k"
    "ty\":\"EC\",\"crv\":\"P-256\",\"x\":\"8Ycl9xt2YN6-SCrcG8LXJaZ9lNQB"
    "Pcb_qc4mibYbF7k\",\"y\":\"cV69CIZTSSaJv_HfkIF3IDUi1paCzWseoA"
    "WcmXuMg0w\",\"use\":\"sig\",\"kid\":\"ES256\",\"alg\":\"ES256\"},{\"kt"
    "y\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"UUKiY3hHHqF8NmagQkHks6sVSK"
    "K1AolAegzs6RN8WKM\",\"use\":\"sig\",\"kid\":\"EdDSA\",\"alg\":\"EdDS"
    "A\"}]}";

const char *const fuzz_tokens[] = {
	"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlJTMjU2"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.mzmOhPYt"
	"OPOqEeEP636MiJ2KjA3wrYKCDfPCFtqhtOmCR1TS-uQOckM_0W2VrKjm"
	"Tb8N227aEbQk3lZilcLmLjBux1WYKCNFUzrKiFvJwBuDpUuOQYGidrlC"
	"6GmXuCujjQQKgRiApc9F8m-O-3lvtthBRSDZtOrqw7MRvvrFLnjK6XaJ"
	"ujkie4CiD3PWtcxeM6mebCoPMtV_qkplpLVJzHbHGacw0ZckAo3-3TXg"
	"pf0AipHrSjT87GwS42j3eFtw4k56RA3gzuQYSZGp-s3he9CosDhWgsgW"
	"SRIsmjbpS8TrooG8I3uzfsNnx6E8zKUdrqSl9J2vPIYnLxbhubpaUg",
	"eyJhbGciOiJQUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IlBTMjU2"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.t7pZCIbg"
	"LZWwBsvfbak3w5q8rF4RZkUfG6BzlQTa_JYyPgKluga3PpMs2EI9dhxL"
	"lck0zQ4FSB8xWPsa5WjTrnS9C-pP-HzcXKcu7VxWQP_qKdWmTSgim3fj"
	"qfZgqI7ghpbfHrIwTEZtiLCaAF7vtKI1ZBqyeQ2nTkO70okeyL9GoWod"
	"xeWJUNqysvye-0tC7hJ4t5kdwjYN7Lz-frHl8T7M6JbvVRiYOFz3mDip"
	"SKyxbxRyqcp-YHmNczXwO7qRBFj-pLUwTGy1pau1Ex77bmHqJoRlePXV"
	"BhPEwo1hy-yKVFKrKM-57aVulJi9Y0TMbZGSBaB7LClOnVkGJs0r5w",
	"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVTMjU2"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.ari9-2NO"
	"yjnayfLqZicgHuHe9WprLRAgJo9JncSq4IT7CQC1uiysPBBfSxxwTxLk"
	"yyjExPT71vPfm1_4eEHuqA",
	"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IkVkRFNB"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.6zodVMq-"
	"A67S1KDFCuvOTsaxF1Zzl7-58j8vBwwsUnhDYX_4ybo_paPXvdLe1Ep4"
	"cs6715t229UEFL2I-cb1Cg",
	NULL
};
