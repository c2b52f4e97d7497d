#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every requirement and threat that is answered for so far stands in the
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
	JWT-11 JWT-12 JWT-13 JWT-14
	AT-01 AT-02 AT-03 AT-04 AT-05 AT-06 AT-07 AT-08 AT-09
	POP-01 MT-01 STEP-01 OIDC-02 OIDC-03 OIDC-04
	TR-01 TR-02 TR-03 TR-04 TR-05 TR-06 TR-07 TR-08 TR-09 TR-10
	INT-01 INT-02 INT-03 INT-04 INT-05 INT-06 INTJ-01
	MD-01 MD-02 MD-03 MD-04 MD-05 MD-06 MD-07 MD-08
	CA-01 CA-02 CA-03 CA-04
	PM-01 PM-02 PM-03 PM-04 PM-05 PM-06 PM-07 PM-08 PM-09 PM-10 PM-11
	DEV-01 DEV-02 DEV-03 DEV-04 DEV-05 DEV-06 DEV-07 DEV-08 DEV-09 DEV-10
	DEV-11 DEV-12
	SA-01 SA-02 SA-03 SA-04 SA-05 SA-06 SA-07 SA-08 SA-09 SA-10 SA-11 SA-12
	SA-14
	V01 V02 V03 V04 V05 V06 V07 V08 V09 V10 V11 V12 V13 V14 V15 V27 V32 V33
	V16 V17 V18 V19 V20 V21 V22 V23 V24 V25 V26 V28 V29 V30 V31 V37 V39 V40
	V41 V42 V49 V50 V51 V34 V35 V36 V38 V43 V44 V45 V46 V47 V48 V53 V54
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
