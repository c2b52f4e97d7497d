// SPDX-License-Identifier: BSD-2-Clause
//
// npm's jose as a resource server would use it, as strict as RFC 9068 asks:
// issuer, audience, typ, algorithms, clock tolerance and required claims all
// said.  It is the copy that the identity provider of the end-to-end tests
// depends on.
//
// Where jose leaves a choice to its caller, it is made as its documentation
// says: the issuer is chosen by the iss of a token that nobody has verified
// yet, and where several keys fit each is tried.  Two algorithms jose does not
// have, ES256K and Ed448: for these header and claims are still jose's
// business, and node:crypto looks at the signature.
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../e2e/idp/package.json', import.meta.url));
const jose = await import(pathToFileURL(require.resolve('jose')));
export const { version } = require(require.resolve('jose').replace(/dist\/.*/, 'package.json'));

const publicAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
  'ES256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'Ed448'];

const required = {
  rfc9068: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  legacy: ['iss', 'exp', 'aud', 'sub', 'iat'],
};

const words = (text) => text.split(' ');

// A configuration that names one curve, or both by EdDSA, takes either
// spelling in a header (RFC 9864); which keys are there decides the rest.
function headerNames(algorithms) {
  const names = new Set(algorithms);
  if (names.has('EdDSA')) names.add('Ed25519').add('Ed448');
  if (names.has('Ed25519') || names.has('Ed448')) names.add('EdDSA');
  return [...names];
}

function severalKeys(keys) {
  const error = new jose.errors.JWKSMultipleMatchingKeys();
  error[Symbol.asyncIterator] = async function* each() { yield* keys; };
  return error;
}

// createLocalJWKSet() has no place for secrets.
function secretSet(jwks) {
  return async ({ alg, kid }) => {
    const keys = jwks.keys.filter((k) => (kid === undefined || k.kid === kid)
      && (k.alg === undefined || k.alg === alg));
    if (keys.length === 0) throw new jose.errors.JWKSNoMatchingKey();
    if (keys.length > 1) throw severalKeys(keys);
    return keys[0];
  };
}

function prepareIssuer(plan, url, audience) {
  const algorithms = headerNames(
    plan.algorithms === null ? publicAlgorithms : words(plan.algorithms));
  const keys = plan.jwks.keys.filter((k) => k.kty !== 'OKP' || algorithms.includes(k.crv));
  return {
    legacy: plan.legacy,
    keys: plan.symmetric ? secretSet(plan.jwks) : jose.createLocalJWKSet({ keys }),
    // What jose has no algorithm for.
    others: keys.filter((k) => k.crv === 'secp256k1' || k.crv === 'Ed448')
      .map((k) => ({ jwk: k, key: createPublicKey({ key: k, format: 'jwk' }) })),
    options: {
      issuer: url,
      audience: words(audience),
      algorithms,
      clockTolerance: plan.skew,
      requiredClaims: required[plan.legacy ? 'legacy' : 'rfc9068'],
    },
  };
}

// The issuers of a service, by their URL.
function prepareService(setup, service) {
  const issuers = new Map();
  for (const digit of service.issuers) {
    const plan = setup.issuers[Number(digit)];
    for (const tenant of plan.tenants === null ? [''] : words(plan.tenants)) {
      const url = plan.url.replace('{tenantid}', tenant);
      issuers.set(url, prepareIssuer(plan, url, service.audience ?? plan.audience));
    }
  }
  return issuers;
}

export const prepare = (setup) => setup.services.map((s) => prepareService(setup, s));

// legacy knows two types, and none; jose is told of one at a time.
function typeOf(issuer, header) {
  if (!issuer.legacy) return 'at+jwt';
  if (!Object.hasOwn(header, 'typ')) return undefined;
  return /at\+jwt/i.test(header.typ) ? 'at+jwt' : 'JWT';
}

async function byJose(token, issuer, options) {
  try {
    return await jose.jwtVerify(token, issuer.keys, options);
  } catch (several) {
    if (several.code !== 'ERR_JWKS_MULTIPLE_MATCHING_KEYS') throw several;
    for await (const key of several) {
      try {
        return await jose.jwtVerify(token, key, options);
      } catch (error) {
        if (error.code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') throw error;
      }
    }
    throw new jose.errors.JWSSignatureVerificationFailed();
  }
}

function otherSignature(token, issuer, header) {
  const dot = token.lastIndexOf('.');
  const signature = jose.base64url.decode(token.slice(dot + 1));
  const input = Buffer.from(token.slice(0, dot), 'latin1');
  return issuer.others.some(({ jwk, key }) => {
    const ed448 = jwk.crv === 'Ed448';
    const names = ed448 ? ['Ed448', 'EdDSA'] : ['ES256K'];
    if (!names.includes(header.alg) || (jwk.alg ?? header.alg) !== header.alg) return false;
    if (header.kid !== undefined && header.kid !== jwk.kid) return false;
    return ed448
      ? verifySignature(null, input, key, signature)
      : verifySignature('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature);
  });
}

// The claims by UnsecuredJWT, under a header that differs in alg alone.
function byNode(token, issuer, header, options) {
  if (!options.algorithms.includes(header.alg)) throw new jose.errors.JOSEAlgNotAllowed();
  if (!otherSignature(token, issuer, header)) throw new jose.errors.JWSSignatureVerificationFailed();
  const plain = jose.base64url.encode(JSON.stringify({ ...header, alg: 'none' }));
  return jose.UnsecuredJWT.decode(`${plain}.${token.split('.')[1]}.`, options);
}

// The claims of a token that is good; throws for any other.
export async function verify(token, issuers, now) {
  const issuer = issuers.get(jose.decodeJwt(token).iss);
  if (issuer === undefined) throw new Error('another issuer');
  const header = jose.decodeProtectedHeader(token);
  const options = {
    ...issuer.options, typ: typeOf(issuer, header), currentDate: new Date(now * 1000),
  };
  try {
    return (await byJose(token, issuer, options)).payload;
  } catch (error) {
    if (!['ES256K', 'Ed448', 'EdDSA'].includes(header.alg)) throw error;
    if (error instanceof jose.errors.JWTClaimValidationFailed) throw error;
    return byNode(token, issuer, header, options).payload;
  }
}
