// SPDX-License-Identifier: BSD-2-Clause
//
// The table of differences: what we refuse and jose accepts, and why.  A
// difference falls into the first row that has our verdict (the check that
// refused, and its error) and one of the mutations that the token went
// through; one that falls into none fails the run.  There is no row for what
// we accept and jose refuses, and none can be written.

// Those that change a claim into anything.
const anything = ['claim-twice', 'payload-flip', 'payload-change', 'payload-grammar', 'payload-control'];

export const explained = [
  {
    kind: 'duplicate member',
    ours: ['form/JSON'],
    mutations: ['header-twice', 'claim-twice', 'inner-twice'],
    reason: 'a name twice in one object is refused (RFC 7515 section 4, JWS-02); JSON.parse takes the last',
  },
  {
    kind: 'depth of JSON',
    ours: ['form/JSON'],
    mutations: ['nested'],
    reason: 'more than 16 levels are refused; JSON.parse has no limit of its own',
  },
  {
    kind: 'range of numbers',
    ours: ['form/JSON'],
    mutations: ['number-range', 'exp-number', 'nbf-number', 'iat-number'],
    reason: 'a number that 64 bits or a double cannot hold is refused; JSON.parse rounds, or makes it infinite',
  },
  {
    kind: 'byte order mark',
    ours: ['form/JSON'],
    mutations: ['header-bom', 'payload-bom'],
    reason: 'JSON text has none (RFC 8259 section 8.1, JWT-12); TextDecoder drops it',
  },
  {
    kind: 'half a surrogate pair',
    ours: ['form/JSON'],
    mutations: ['surrogate', ...anything, 'header-change', 'header-flip'],
    reason: 'an escape that is no character is refused (JWT-12); JavaScript strings hold it',
  },
  {
    kind: 'U+0000',
    ours: ['form/JSON'],
    mutations: ['escaped-nul', 'sub-word', 'name-word', 'aud-mixed', 'scope-word', 'scp-word'],
    reason: 'refused in any string: a C string would end there',
  },
  {
    kind: 'blanks and padding',
    ours: ['form/TOKEN_SYNTAX'],
    mutations: ['header-blank', 'payload-blank', 'token-blank', 'header-padding', 'payload-padding',
      'token-padding', 'header-foreign', 'payload-foreign', 'token-foreign', 'token-wrapped'],
    reason: 'base64url without white space and padding alone (RFC 7515 section 2, JWS-01); atob() takes both',
  },
  {
    kind: 'trailing bits',
    ours: ['form/B64'],
    mutations: ['header-bits', 'payload-bits', 'token-bits', 'token-flip'],
    reason: 'unused bits that are not zero are a second spelling (RFC 4648 section 3.5, JWS-01); atob() drops them',
  },
  {
    kind: 'size of the token',
    ours: ['form/TOKEN_SIZE'],
    mutations: ['huge'],
    reason: 'more than 64 KiB (TOK-01); jose has no limit',
  },
  {
    kind: 'size of the header',
    ours: ['form/JWS_HEADER'],
    mutations: ['header-long'],
    reason: 'more than 8 KiB; jose has no limit',
  },
  {
    kind: 'b64',
    ours: ['form/CRIT'],
    mutations: ['b64', 'crit-b64'],
    reason: 'refused with crit and without, whatever it says (RFC 7797 section 7, JWS-05); jose takes true, and passes over one that crit does not name',
  },
  {
    kind: 'short secret',
    ours: ['key/KEY', 'signature/SIGNATURE'],
    mutations: ['alg-of-key'],
    reason: 'a secret of fewer bytes than the hash serves not (RFC 7518 section 3.2, JWK-09); jose takes any',
  },
  {
    kind: 'keys tried',
    ours: ['signature/SIGNATURE'],
    mutations: ['key-decoy', 'key-other'],
    reason: 'without kid eight keys that fit are tried, and no ninth (OIDC-04)',
  },
  {
    kind: 'length of an RSA signature',
    ours: ['signature/SIGNATURE'],
    mutations: ['signature-shorter', 'signature-zeros'],
    reason: 'as many bytes as the modulus (RFC 8017 section 8.1.2 step 1, JWK-06); OpenSSL under jose takes PSS without its leading zeros',
  },
  {
    kind: 'exp: fraction',
    ours: ['expiry/EXP'],
    mutations: ['exp-edge'],
    reason: 'rounded down to whole seconds; jose compares the fraction',
  },
  {
    kind: 'exp: after 9999',
    ours: ['expiry/EXP'],
    mutations: ['exp-number', ...anything],
    reason: 'no time that anything else here could show (JWT-01); jose has no limit',
  },
  {
    kind: 'nbf: before 1970',
    ours: ['not_before/NBF'],
    mutations: ['nbf-number', ...anything],
    reason: 'a negative time is refused (JWT-01); jose has no limit',
  },
  {
    kind: 'iat',
    ours: ['issued/IAT'],
    mutations: ['iat-edge', 'iat-number', ...anything],
    reason: 'ahead of the clock, before 1970 or after 9999 (JWT-02); jose looks at it for maxTokenAge alone',
  },
  {
    kind: 'aud: other types',
    ours: ['audience/AUD'],
    mutations: ['aud-mixed', ...anything],
    reason: 'every element must be a string (RFC 7519 section 4.1.3, JWT-04); jose passes over the others',
  },
  {
    kind: 'another kind of token',
    ours: ['kind/ID_TOKEN'],
    mutations: ['kind', 'aud-client', 'scope-missing', 'client-missing', 'client-type', 'client-word',
      'claim-case', 'scope-word', 'scp-word', ...anything],
    reason: 'ID, logout, security event and introspection tokens and proofs by what they hold (RFC 8725 section 3.12, JWT-09); jose leaves that to its caller',
  },
  {
    kind: 'cnf',
    ours: ['claims/CNF'],
    mutations: ['cnf'],
    reason: 'bound to a key that nobody here can ask for (RFC 7800 section 3, POP-01); jose leaves that to its caller',
  },
  {
    kind: 'sub, client_id, jti',
    ours: ['claims/CLAIM'],
    mutations: ['sub-word', 'sub-type', 'client-word', 'client-type', 'jti-word', 'jti-type',
      'claim-long', ...anything],
    reason: 'strings of 1 to 1024 bytes (AT-06); jose asks whether they are there',
  },
  {
    kind: 'tenant',
    ours: ['claims/TENANT'],
    mutations: ['tid-word', 'tid-missing', 'iss-word', 'claim-case', ...anything],
    reason: 'tid is not the tenant of iss (V36): jose knows none',
  },
  {
    kind: 'scope',
    ours: ['scope/SCOPE'],
    mutations: ['scope-word', 'scp-word', 'scope-missing', 'aud-client', 'claim-case', ...anything],
    reason: 'a rule of the service (require_scope): jose knows none',
  },
  {
    kind: 'name',
    ours: ['identity/CLAIM', 'identity/USER_NAME'],
    mutations: ['name-word', 'name-type', 'name-missing', 'sub-word', 'claim-long', 'claim-case',
      ...anything],
    reason: 'who that is here (username): jose knows no users',
  },
];
