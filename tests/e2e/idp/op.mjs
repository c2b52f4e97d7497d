// SPDX-License-Identifier: BSD-2-Clause
//
// A real OpenID provider for the stage.
//
//	node op.mjs ISSUER PORT TLS_KEY TLS_CERT DIR [TLS_CA TLS_PORT [GENERATION]]
//
// DIR/requests gets a line for each request ("GET /jwks agent … seconds"), so
// that a test can count what an asker cost us, and when.  DIR/NAME.pem gets
// each private key, so that a test can sign what no provider would.  Prints
// READY once it listens.  Keys are new at each start; their names end in
// GENERATION.
//
// DIR/device.json, if it is there, says what the device flow has otherwise not:
// "interval" and "expires", in seconds.
//
// DIR/clients.json, if it is there, holds more clients: those that ask about
// tokens, unless grant_types says more.  TLS_PORT is where clients are asked
// for certificates (RFC 8705 section 5); those of TLS_CA can be told by their
// name.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const [issuer, port, tlsKey, tlsCert, dir, tlsCa, tlsPort, generation = '1'] = process.argv.slice(2);

const kinds = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', undefined],
};
// To export a key that was generated hangs node 20 now and then: a garbage
// collection in the middle waits for the key's own lock.  So it is read again
// from its PEM text.
const keys = Object.entries(kinds).map(([alg, [type, options]]) => {
  const { privateKey: pem } = generateKeyPairSync(type, {
    ...options,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  });
  fs.writeFileSync(path.join(dir, `${alg}.pem`), pem, { mode: 0o600 });
  return {
    ...createPrivateKey(pem).export({ format: 'jwk' }), alg, kid: `${alg}-${generation}`, use: 'sig',
  };
});

// What rules ask for.  alice is more than bob; when they logged in is the
// provider's own knowledge.
function rich(id, ctx) {
  const more = id === 'alice';
  return {
    groups: more ? ['staff', 'unix admins'] : ['staff'],
    realm_access: { roles: more ? ['login', 'admin'] : ['login'] },
    resource_access: { ssh: { roles: more ? ['shell', 'root'] : ['shell'] } },
    acr: more ? 'urn:stage:loa2' : 'urn:stage:loa1',
    amr: more ? ['pwd', 'otp'] : ['pwd'],
    auth_time: ctx.oidc.entities.DeviceCode.authTime,
    email: `${id}@staff.example.test`,
    email_verified: more,
  };
}

// One audience a kind of token.  `fill` characters of a claim that means
// nothing make the long ones, `ttl` is in seconds.
const audiences = {
  'urn:stage:rs256': { alg: 'RS256' },
  'urn:stage:ps256': { alg: 'PS256' },
  'urn:stage:es256': { alg: 'ES256' },
  'urn:stage:eddsa': { alg: 'EdDSA' },
  'urn:stage:long': { alg: 'RS256', fill: 1500 },
  'urn:stage:huge': { alg: 'RS256', fill: 6000 },
  'urn:stage:brief': { alg: 'ES256', ttl: 1 },
  'urn:stage:rich': { alg: 'RS256', claims: rich },
  'urn:stage:elsewhere': { alg: 'RS256' },
  // A text that only we can tell something of.
  'urn:stage:opaque': {},
  'urn:stage:opaque-brief': { ttl: 3 },
};
const scopes = ['openid', 'login', 'mail', 'directory'];
const hour = 3600;

const clientsFile = path.join(dir, 'clients.json');
const askers = fs.existsSync(clientsFile) ? JSON.parse(fs.readFileSync(clientsFile)) : [];

const deviceFile = path.join(dir, 'device.json');
const device = () => (fs.existsSync(deviceFile) ? JSON.parse(fs.readFileSync(deviceFile)) : {});

function certificateOf(ctx) {
  const { raw } = ctx.socket.getPeerCertificate?.() ?? {};
  if (!raw) return undefined;
  const text = raw.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

const provider = new Provider(issuer, {
  jwks: { keys },
  cookies: { keys: ['only for tests'] },
  clients: [{
    client_id: 'stage',
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: [],
    response_types: [],
  }, {
    client_id: 'machine',
    client_secret: 'only for tests',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }, ...askers.map((client) => ({
    grant_types: [], ...client, redirect_uris: [], response_types: [],
  }))],
  scopes,
  clientAuthMethods: [
    'none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt',
    ...(tlsPort ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
  ],
  discovery: tlsPort ? {
    mtls_endpoint_aliases: {
      introspection_endpoint: `https://${new URL(issuer).hostname}:${tlsPort}/token/introspection`,
    },
  } : {},
  // Whoever says who they are is believed: alice, bob, and also root.
  async findAccount(ctx, id) {
    return { accountId: id, claims: async () => ({ sub: id }) };
  },
  async extraTokenClaims(ctx, token) {
    const { fill, claims } = audiences[token.aud] ?? {};
    return {
      preferred_username: token.accountId ?? token.clientId,
      ...(claims ? claims(token.accountId, ctx) : {}),
      ...(fill ? { filler: 'abcdefgh'.repeat(fill / 8) } : {}),
    };
  },
  enabledJWA: {
    idTokenSigningAlgValues: Object.keys(kinds),
    introspectionSigningAlgValues: Object.keys(kinds),
    clientAuthSigningAlgValues: Object.keys(kinds),
  },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    jwtIntrospection: { enabled: true },
    revocation: { enabled: true, allowedPolicy: () => true },
    mTLS: {
      enabled: !!tlsPort,
      tlsClientAuth: true,
      selfSignedTlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, what, value) => what === 'tls_client_auth_san_dns'
        && ctx.socket.getPeerCertificate().subjectaltname === `DNS:${value}`,
    },
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo(ctx, audience) {
        const { alg, ttl } = audiences[audience];
        return {
          audience,
          scope: scopes.join(' '),
          accessTokenFormat: alg ? 'jwt' : 'opaque',
          accessTokenTTL: ttl ?? hour,
          ...(alg ? { jwt: { sign: { alg } } } : {}),
        };
      },
    },
  },
  ttl: { DeviceCode: () => device().expires ?? 600, Grant: hour, IdToken: hour, Interaction: hour, Session: hour },
});
// The provider itself never says how often it wants to be asked.
provider.use(async (ctx, next) => {
  await next();
  const { interval } = device();
  if (ctx.oidc?.route === 'device_authorization' && ctx.status === 200 && interval) ctx.body.interval = interval;
});
provider.on('server_error', (ctx, e) => console.error(e.stack));
for (const what of ['grant.error', 'introspection.error', 'revocation.error']) provider.on(what, (ctx, e) => console.error(e.message, e.error_description));

const log = fs.openSync(path.join(dir, 'requests'), 'a');
const answer = provider.callback();
const tls = { key: fs.readFileSync(tlsKey), cert: fs.readFileSync(tlsCert) };
function listen(where, more, then) {
  https.createServer({ ...tls, ...more }, (req, res) => {
    fs.writeSync(log, `${req.method} ${req.url} ${req.headers['user-agent'] ?? '-'} ${Date.now() / 1000}\n`);
    answer(req, res);
  }).listen(Number(where), '127.0.0.1', then);
}
listen(port, {}, () => {
  if (!tlsPort) {
    console.log('READY');
    return;
  }
  const more = { ca: fs.readFileSync(tlsCa), requestCert: true, rejectUnauthorized: false };
  listen(tlsPort, more, () => console.log('READY'));
});
