#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every requirement and threat that the verifier answers for stands in the
# name of a test, or in doc/REQUIREMENTS.md with the reason why there is none.
. "$(dirname "$0")/tap.sh"

IDS="
	TOK-01 TOK-02 TOK-03 TOK-04 TOK-05 TOK-06 TOK-07 TOK-08
	JWS-01 JWS-02 JWS-03 JWS-04 JWS-05 JWS-06 JWS-07 JWS-08 JWS-09 JWS-10
	JWS-11
	JWK-01 JWK-02 JWK-03 JWK-04 JWK-05 JWK-06 JWK-07 JWK-08 JWK-09 JWK-10
	JWK-11 JWK-12 JWK-13 JWK-14 JWK-15 JWK-16
	THP-01 THP-02
	JWT-01 JWT-02 JWT-03 JWT-04 JWT-05 JWT-06 JWT-07 JWT-08 JWT-09 JWT-10
	JWT-11 JWT-12 JWT-14
	AT-01 AT-02 AT-03 AT-04 AT-05 AT-06 AT-07 AT-08 AT-09
	POP-01 MT-01 STEP-01 OIDC-03 OIDC-04
	PM-01 PM-02 PM-03 PM-04 PM-05
	V01 V02 V03 V04 V05 V06 V07 V08 V09 V10 V12 V13 V15 V27 V32 V36 V43 V45
	V46 V48 V53 V54
"
names=$(sed -nE 's/^([A-Za-z0-9_]+)\(void \*\*.*/\1/p' tests/unit/*.c
	sed -nE 's/^def (test_[A-Za-z0-9_]+).*/\1/p' tests/e2e/*.py)
for id in $IDS; do
	# JWS-04 is jws_04 or jws04 in a name, and not the end of another id.
	word=$(echo "$id" | tr 'A-Z-' 'a-z_' | sed 's/_/_?/')
	found=$(echo "$names" | tr 'A-Z' 'a-z' | grep -cE "(^|_)$word(_|\$)")
	reason=$(grep -cE "^\| $id \| .{20,}" doc/REQUIREMENTS.md)
	check "$id is in the name of a test, or has a reason" "$(
		[ "$((found + reason))" -gt 0 ] || echo "neither")"
	[ "$reason" = 0 ] || check "$id has a reason only where it has no test" \
	    "$([ "$found" = 0 ] || echo "it has both")"
done
finish
