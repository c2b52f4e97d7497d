/* SPDX-License-Identifier: BSD-2-Clause */
/* Written by make_corpus.c; run.sh corpus. */
/* clang-format off */
const char fuzz_jwks_text[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"y9o74CVbuKiPtwQuxgIBhYcFGLgnC"
    "iLHvp81BTPKWt7ZF1YGaaoG3zz4G4eFzwcfvs49gDnBR3PlzSIa2YvQp"
    "4ppkwD9EfcmtPj0i-4xUnO6LTP1J4q_NH-3lvobCy1W3Ulqjik_CjPQl"
    "Vf1BSDAWWkAs-WRf4Z5jawzC0xu6Ak4HEo7sH9IWYz2OlOEfSwH64Bru"
    "BuivzcDav47jSg4aGYYLWCMqSJKxk555BK74lfGTf8RNkYlhQ-z4Mv-I"
    "f0XVd1St5_pm7nVwMQtBfrwW7sWiJTrlEtPMVq62C8IsYO3bJo_lcvi5"
    "2y82Ry2dmdx3TGLSzhkmWTCx1ZtnmdofQ\",\"e\":\"AQAB\",\"use\":\"sig"
    "\",\"kid\":\"rsa\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"7sdK75mgTq"
    "snIwKLJIuNCGUL6InXPRnSfjcY3tmf_bY\",\"y\":\"7YkscszmmrWRDN4p"
    "qk5G3Jr97YOLZcs8xtL5BjVLmPY\",\"use\":\"sig\",\"kid\":\"p256\",\"a"
    "lg\":\"ES256\"},{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"yhQ_ctHMbVM3"
    "6lGfVXBmzhWlwYGvF_SSPadc0ajJxNlcPUNUavgkQvGuIGRxrt3g\",\"y"
    "\":\"J6fdmPVUPHrHbETiL3yQbhnELs8PS-JWhYWR_Ebm841BDwz-55VLu"
    "NeciVe8Ma8a\",\"use\":\"sig\",\"kid\":\"p384\",\"alg\":\"ES384\"},{\"k"
    "ty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AIuuQS6iptGfDHlXKhGqlAAE9Yrx"
    "xzi17Xm0QuSab1z0lJf8Wynhm8YeQUWX332oa9fbEEh8jUU9I2Kuyk9_"
    "Xuk_\",\"y\":\"AVP3VY37vvGPeSDgxlxJ1ryGgFiRsRZm-oJY17B_2h7nZ"
    "JFnydjtxcWx3-DK9LhXPS91LMwCA9H7I8WegPvo12Hk\",\"use\":\"sig\""
    ",\"kid\":\"p521\",\"alg\":\"ES512\"},{\"kty\":\"EC\",\"crv\":\"secp256k"
    "1\",\"x\":\"g9aHCMjL25gefenjy2N-I6XhDDQ4CK6GpzhvQZBci2E\",\"y\""
    ":\"ADGccpOcZZzHNqYUPK3gMGL-iLAgQvomdtq3qmVGt_0\",\"use\":\"si"
    "g\",\"kid\":\"k1\",\"alg\":\"ES256K\"},{\"kty\":\"OKP\",\"crv\":\"Ed2551"
    "9\",\"x\":\"0EE2Lca_nfLL_9M0C_EOwmf3fymRDonIw8JOc9r-OMU\",\"us"
    "e\":\"sig\",\"kid\":\"ed25519\"},{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\""
    ":\"me72KR744OtNimO2ZV-M4YiK0oCdJ2hzjV_HMfdxIFuYAa1X8offNz"
    "p9x5ahwi2uz3JvmyDgbMSA\",\"use\":\"sig\",\"kid\":\"ed448\"}]}";

const char fuzz_secrets_text[] =
    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"PbFZ6lcPkJa-6ZfpJ8JtpwR00P3Vn"
    "MALltQHIv6ebs5WO02TjPEKOuJRmYU_2XVS9vzHvT_CZHLK_lmTkyOeK"
    "A\",\"use\":\"sig\",\"kid\":\"oct\"}]}";

const struct fuzz_token fuzz_tokens[FUZZ_TOKENS + 1] = {
	{ BA_ALG_RS256,
	"eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.PaO00EG-KFJ"
	"Tyve7seSAzLyqplcvMgwRxUHENfsnw9yYdGjmmU9V6LUWTGRlvgnOtVs"
	"mn3cn_9ImMsacDFeXAEPPpiqxmUdO6A9tPrZQjXeRGqekRKdYlJd0oiV"
	"CUW_xRnq0BkCgfz3ghdDfCbZTNJ1Lp5DXTbPPbmCdykhJ2Ff6GkgGCSc"
	"TtZGs3CyU7GbxlARWQ-WX1Itu_YtZlyXupHV6P8v_J9FzlEc70VFUdYZ"
	"7raSaG6eq0VIurMxsk8TMed-y_K_2NXVMREtWsrwcKGKv4JUFm-MuCPW"
	"Zp2RSXEA5-1GhotsfpvEeauySRf8b2uTeE3vEyuszlaj22lqkZw" },
	{ BA_ALG_RS384,
	"eyJhbGciOiJSUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.CJIP2oB3bPh"
	"1iNkT5i8IhJRL1DU2TKPEntPcTYMDknDMA51x0e4tb-9MKFd6uHSzcEj"
	"0wGe_HkzLy9ukfqZmGSHkU1504qLtakzDWE6URz5Brwg-wzRIJfu3nea"
	"nzNPRXP-xNsGMizbtHZhXSotxgwzJU-1qKeIp4KIEkrUrnIVObGbFl3a"
	"hkuTjhq5RiPriL1UUu8kU42jYoGhWYpv19C8O6u5G5mRzV4QC5qYj0kf"
	"HCA9tSDJ5bXeyzzsPUiA5PadahmmbZ0o6a6l9S-hqxS_nyHbWMs3dtxX"
	"xoWKpx8AdSN7qgIdKS2biEeRE8gz8Gi0eBX0F-ztDBGSZ9IzzMA" },
	{ BA_ALG_RS512,
	"eyJhbGciOiJSUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.wIXxg-HqBei"
	"Kdn3zLkVG-AeriNwjv_yrSBB_X4ecgEjWxkAgCl9miEc55aiE7XWFHrB"
	"itxGnFqtR4h2os1qes9_mH9OybeW75t3pHRddcAvUYfrqnPn9hmpnUlf"
	"TZ9q9EtqBItCiM3GDgJ47KpH3EC3uB49y76ZPIfX5RIP1NUT1IeAcL29"
	"6p50FEyt50Ayuhg9Z_mvA9oMgANAMOxC-Kx5xcR2VQlzqLEKoY68Dlk5"
	"uPm4fbvzfkvXAhtiSzoJg5Da9CNh2lDQrhrGXXW6keJ_aHmoz1l9Fa4W"
	"BdUea_xjImTuYhPLOmjRFxO31kIlB7M54VRdM2w_E-dQ7QUwQkg" },
	{ BA_ALG_PS256,
	"eyJhbGciOiJQUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.U90M2737KNX"
	"acld51aiLoiI4VjKoHMgSkOg4B2_9eQhbsfvHfzkgaXcklXC6E9OnKQT"
	"cUvlV3sW0HEQcoxvmlIHWxNQsIQ14krCzqWYejtgzX8_PqY3iOv7tLc2"
	"KiSfLAzRv-wa7rWRgMc2YCKTo_ZQGckCjgr-bWgjVJxCNSQ43Lf0gD1_"
	"1FE5BngvF3Y5boeKEyZxftpRGj2mdAfTH4-nV1rEwzLrIIRdZcUeEAhP"
	"6sF3OkuwRRDZIf7sVHvpEVa5YHMXl_lSiZToxBYQpu9IxVyaKH7PLE1P"
	"rmXuikBcgnKraE-Q_KV4XWqwPdOW20SBNFvvQHl_Ye3s8mFT-PA" },
	{ BA_ALG_PS384,
	"eyJhbGciOiJQUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.x5MPB42xf_B"
	"2zpIQv2B2vjaVB2u9VCbEn-IhtvX8keuuIxbgUY1KyyK7bq4pnmDyBf-"
	"Nqyy0vAGFm4UUGSVfS634e2sFlj0ggt9jUnB6BNA5OqsxHqUCu3YPes-"
	"ICwCY3JUd0cxm1n6YyQ_9TxQbzTuTDgzPLk6E5L2KIQcwJKYQ5KrI1yG"
	"Y41kuUefC7A2QQpABavAJZbS9LK23D4FQ4xEzvAU7B1QAVMLdORlpmRF"
	"nXo_T8tb9lRe3vpAtcOLbg05hSYNVhdw7VOvT0IJLY_bdmQWwoijb5T_"
	"Zum-MkO_5ww01KcjXqpGaMLY85Nt0sZqDB9kSMmnDlTO0z4u34Q" },
	{ BA_ALG_PS512,
	"eyJhbGciOiJQUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InJzYSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.Zq6gWCrRnND"
	"bjJXWn-4_XQ0borxVoF-Tcbyu3IfvhYGV7Z3kWQJ2JhFmr71fcRsHqeN"
	"FpB7sRXWTUeNMgHhr30aHsrEXUHo7ngscv8dQCuEnCy6XnWso5BH1fJK"
	"-wHDrNRmPj-TRdsIkiv6cO1Rt5th9abCxdelAquakOuYjG5LI4PQh11D"
	"W7_8INlIo_IfRF34UwZyGDPl_VZzuA2E46bdMx1IU0lCO7BsPFDHVowe"
	"p8jmjHpj43nLuK6g9BWIwfKtxftc9qHOytsMIAEhoZOGYOF8f7GR4ALk"
	"VjyNJhc2TgTCTNQlz85tL5a68kvCo0wAKsO8iL4LamBI472Hf0Q" },
	{ BA_ALG_ES256,
	"eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InAyNTYi"
	"fQ.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1e"
	"noiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViI"
	"joicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb"
	"2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.jBgGa7BCD"
	"B4_ZwijTlKJOWpQzFNVXYE_AUBi6yzYWLqTtCSJA9YZgWZTslm7uLjRw"
	"Midqr8i7ESMNK6Gx2e5pQ" },
	{ BA_ALG_ES384,
	"eyJhbGciOiJFUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6InAzODQi"
	"fQ.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1e"
	"noiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViI"
	"joicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb"
	"2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.gYy7-azpy"
	"Br3LamXQ5ef5jDnSLLSIRtH-KxwgL2_JJusEkR52gOpRJ0r5mqhuJ5Vg"
	"WvOQRPMZF7rBzehn9UUr8BEdumd-pk5t6f-vffQ3oOSV8ngh734whiNj"
	"IBcpkto" },
	{ BA_ALG_ES512,
	"eyJhbGciOiJFUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6InA1MjEi"
	"fQ.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1e"
	"noiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViI"
	"joicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb"
	"2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.AJasy31gG"
	"6CvXnC0wbuTTqNySr-fQ8B4gBLCJFVTm4jmWkZ0-yIVGa6GYANuEpwkB"
	"9fW8GEm-sNrpoeu97Y3KEnWAG_upPNxbWkSn0DpHC_w0kmrQ6HViDLqV"
	"qYkg5Ufv9QMgloofB4Agam501aoFq3XH3qyTvpW9Fw0fs1wOxykgAK-" },
	{ BA_ALG_ES256K,
	"eyJhbGciOiJFUzI1NksiLCJ0eXAiOiJhdCtqd3QiLCJraWQiOiJrMSJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.fFjYmIZZPUb"
	"mDq7MP1cyZZXQo18p1w6fxqh3EUX3RbxIL68S31xdwCshPBf_BmJ1gpC"
	"5Kqja4xxmjyy4t-XBJg" },
	{ BA_ALG_ED25519,
	"eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiYXQrand0Iiwia2lkIjoiZWQy"
	"NTUxOSJ9.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI"
	"6ImZ1enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCw"
	"ic3ViIjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGU"
	"iOiJsb2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.Nne"
	"2056-rBa16F2KBJa0ogCrhU_2Ww3y27-dlS9waW4cVO_Yw4J909uP3V7"
	"7jwVCjh0ZgjTpHhwvA2C62Aw_Dw" },
	{ BA_ALG_ED448,
	"eyJhbGciOiJFZDQ0OCIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImVkNDQ4"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.xHVvRAMZ"
	"yt1l804I6AxwQOC6RPKrgGsmaRit-VDJPeRgsGaq3hXU_PHHk8JHLu1T"
	"pXq6yzMSn6AAfz83OAv4zsv4NnYCpy_kAJ0C7aj1tPu7tKCoor-tXFZG"
	"N0frvaeEm-NnUydD3R3FPZYWswbr-BsA" },
	{ BA_ALG_ED25519,
	"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImVkMjU1"
	"MTkifQ.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6I"
	"mZ1enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic"
	"3ViIjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiO"
	"iJsb2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.xRNfr"
	"P_Tjr2KqABgQpFSarnMMYUGoZj94cVfTxH66lL3qkOObCfjm3NfYWcZ-"
	"4po0PPnp8A4vp56h9ieLZ_5Aw" },
	{ BA_ALG_ED448,
	"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImVkNDQ4"
	"In0.eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1"
	"enoiLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3Vi"
	"IjoicyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJs"
	"b2dpbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.c2Z5Ks2D"
	"jkL_mv8QWUtBpffcEULor_dmOGEM0G5sWiENuivgcIUkCsuDnlx2EVLq"
	"v1n7n6jrZiuATpZeKmv4TxGw1iTdC-lewb4ueq4FyqHpdLaOO4aM9sxB"
	"JOfA7ZTkaaU6HbUArZ1P0x5BQnW9IhYA" },
	{ BA_ALG_HS256,
	"eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9jdCJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.OhsAHQ2h2mW"
	"zSKCmYTtuXm3HgjpwWqMSuJ5RsnByWCA" },
	{ BA_ALG_HS384,
	"eyJhbGciOiJIUzM4NCIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9jdCJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.x1jLtiQzeD-"
	"9-cf2xI4l0Ydba-_ql99F0tSuF2ojSTIn0Zjqf3Oj0gWbZDasR-x0" },
	{ BA_ALG_HS512,
	"eyJhbGciOiJIUzUxMiIsInR5cCI6ImF0K2p3dCIsImtpZCI6Im9jdCJ9"
	".eyJpc3MiOiJodHRwczovL2Z1enouZXhhbXBsZSIsImF1ZCI6ImZ1eno"
	"iLCJleHAiOjE3MDAwMDM2MDAsImlhdCI6MTcwMDAwMDAwMCwic3ViIjo"
	"icyIsImNsaWVudF9pZCI6ImMiLCJqdGkiOiJqIiwic2NvcGUiOiJsb2d"
	"pbiIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIn0.sfQWXWo-5kw"
	"YHlOhHony1B0QOO54HWx-2pypL0PZN18oiPXawqkvCSKl2bFVzbnsRB_"
	"fFMbs0l0pEyLNebT0Pg" },
	{ 0, NULL }
};
