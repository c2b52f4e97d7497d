// SPDX-License-Identifier: BSD-2-Clause
//
//	generate COUNT SEED | node compare.mjs [--tap] COUNT SEED
//
// The second opinion on every token of generate.c, and where the two differ
// the row of explained.mjs that says why.  Prints, separated by tabs,
//
//	kind, count, who accepts, reason
//
// or TAP.  Not 0 where we accepted what jose refuses, where a difference has
// no row, where the two read different claims out of one token, where a token
// that nobody spoilt was refused, or where the run was too poor to show
// anything.  Each such token is shown, decoded, in a line of standard error.
import { explained } from './explained.mjs';
import { prepare, verify, version } from './jose.mjs';

const BATCH = 500;
// Failures that are shown.
const SHOWN = Number(process.env.DIFFERENTIAL_SHOWN ?? 20);
const VARIED = 5000; // tokens from which on each algorithm must have come up …
const RICH = 50000; // … and each mutation
const GOOD_PERCENT = 30;

const tap = process.argv[2] === '--tap';
const [count, seed] = process.argv.slice(-2);

let services;
let mutations;
const counts = { total: 0, both: 0, good: 0, neither: 0 };
const rows = new Map(explained.map((row) => [row, 0]));
const failures = {
  'accepted by us, refused by jose': 0,
  'a difference that no row explains': 0,
  'one token, two readings': 0,
  'a good token refused': 0,
};
const seen = { mutations: new Set(), algorithms: new Set() };
let shown = 0;

const decode = (text) => (text === '%' ? '' : Buffer.from(
  text.replace(/%([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  'latin1').toString('utf8'));

function show(what, t, result) {
  failures[what] += 1;
  shown += 1;
  if (shown > SHOWN) return;
  const [header, payload] = t.token.split('.')
    .map((part) => JSON.stringify(Buffer.from(part, 'base64url').toString()).slice(0, 3000));
  console.error([what, `seed ${seed}`, `number ${t.number}`, `service ${t.service}`,
    `now ${t.now}`, t.mutations.join('+') || '-', `we: ${t.check}/${t.error}`,
    `jose: ${result.error ?? 'accepted'}`, header, payload,
    JSON.stringify(t.token).slice(0, 4000)].join('\t'));
}

const rowOf = (t) => explained.find((row) => row.ours.includes(`${t.check}/${t.error}`)
  && row.mutations.some((m) => t.mutations.includes(m)));

function bothAccept(t, result) {
  counts.both += 1;
  if (t.mutations.length === 0) counts.good += 1;
  seen.algorithms.add(JSON.parse(Buffer.from(t.token.split('.')[0], 'base64url')).alg);
  if (result.claims.sub !== t.sub || Math.floor(result.claims.exp) !== t.exp) {
    show('one token, two readings', t, result);
  }
}

function judge(t, result) {
  const we = t.error === 'OK';
  counts.total += 1;
  t.mutations.forEach((m) => seen.mutations.add(m));
  if (t.mutations.length === 0 && !(we && result.claims)) show('a good token refused', t, result);
  else if (we && result.claims) bothAccept(t, result);
  else if (we) show('accepted by us, refused by jose', t, result);
  else if (!result.claims) counts.neither += 1;
  else {
    const row = rowOf(t);
    if (row === undefined) show('a difference that no row explains', t, result);
    else rows.set(row, rows.get(row) + 1);
  }
}

function parse(line) {
  const [number, service, now, check, error, sub, exp, names, token] = line.split('\t');
  return {
    number, service: Number(service), now: Number(now), check, error, sub: decode(sub),
    exp: Number(exp), mutations: names === '-' ? [] : names.split('+'), token: decode(token),
  };
}

async function compare(line) {
  const t = parse(line);
  let result;
  try {
    result = { claims: await verify(t.token, services[t.service], t.now) };
  } catch (error) {
    result = { error: `${error.code ?? error.name}: ${error.message}` };
  }
  judge(t, result);
}

function begin(line) {
  const setup = JSON.parse(line);
  services = prepare(setup);
  mutations = setup.mutations;
  for (const row of explained) {
    const strange = row.mutations.filter((m) => !mutations.includes(m));
    if (strange.length > 0) throw new Error(`${row.kind}: there is no mutation ${strange}`);
  }
}

// One batch is under way while the next one is read.
async function readAll(input) {
  let rest = '';
  let batch = [];
  let previous = Promise.resolve();
  for await (const chunk of input) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (services === undefined) begin(line);
      else batch.push(line);
      if (batch.length === BATCH) {
        await previous;
        previous = Promise.all(batch.map(compare));
        batch = [];
      }
    }
  }
  await previous;
  await Promise.all(batch.map(compare));
}

// What would make the run say nothing, however well it went.
function poor() {
  const names = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384',
    'ES512', 'ES256K', 'EdDSA', 'Ed25519', 'Ed448', 'HS256', 'HS384', 'HS512'];
  const missing = [];
  if (counts.total >= VARIED) missing.push(...names.filter((n) => !seen.algorithms.has(n)));
  if (counts.total >= RICH) missing.push(...mutations.filter((m) => !seen.mutations.has(m)));
  if (counts.total !== Number(count)) missing.push(`${count} tokens`);
  if (counts.good * 100 < counts.total * GOOD_PERCENT) missing.push('good tokens enough');
  return missing;
}

function printTable(missing) {
  const line = (...fields) => console.log(fields.join('\t'));
  line('kind', 'count', 'accepted by', 'reason');
  line('total', counts.total, '-', `seed ${seed}, jose ${version}`);
  line('both accept', counts.both, 'both', `${counts.good} of them untouched by any mutation`);
  line('both refuse', counts.neither, 'neither', '-');
  for (const [row, n] of rows) line(row.kind, n, 'jose', row.reason);
  for (const [what, n] of Object.entries(failures)) line(what, n, '-', 'must be none');
  line('missing', missing.length, '-', missing.join(' ') || 'must be none');
}

function printTap(missing) {
  const checks = [...Object.entries(failures), [`missing: ${missing.join(' ') || 'nothing'}`,
    missing.length]];
  checks.forEach(([what, n], i) => console.log(
    `${n === 0 ? 'ok' : 'not ok'} ${i + 1} - ${counts.total} tokens, seed ${seed}: ${what}: ${n}`));
  console.log(`1..${checks.length}`);
}

await readAll(process.stdin.setEncoding('latin1'));
const missing = poor();
(tap ? printTap : printTable)(missing);
const bad = Object.values(failures).some((n) => n > 0) || missing.length > 0;
process.exitCode = bad ? 1 : 0;
