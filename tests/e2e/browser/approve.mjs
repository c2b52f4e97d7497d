// SPDX-License-Identifier: BSD-2-Clause
//
// A person with a real browser.
//
//	node approve.mjs KEY_HASH SHOTS URL CODE USER
//
// Opens URL, types CODE, says who they are, agrees, and prints the heading of
// each page, one a line.  Pictures of the pages go to the folder SHOTS.  The
// servers' key, of which KEY_HASH is the hash (SHA-256 in base64, of its
// SubjectPublicKeyInfo), is the only one trusted beside the system's.
import path from 'node:path';
import { browse } from './chromium.mjs';

const PAGES = 8; // more than any provider has
const [hash, shots, url, code, user] = process.argv.slice(2);

async function fill(page) {
  const typed = page.locator('input[type=text][name=user_code]');
  if (await typed.count()) await typed.fill(code);
  if (await page.locator('input[name=login]').count()) {
    await page.fill('input[name=login]', user);
    await page.fill('input[name=password]', 'any');
  }
}

await browse([`--ignore-certificate-errors-spki-list=${hash}`], { width: 800, height: 700 }, async (page) => {
  await page.goto(url);
  for (let n = 1; n <= PAGES; n += 1) {
    await page.waitForLoadState();
    const heading = (await page.locator('h1').first().textContent()).trim();
    console.log(heading);
    await fill(page);
    const name = `${n}-${heading.toLowerCase().replace(/[^a-z]+/g, '-')}.png`;
    await page.screenshot({ path: path.join(shots, name) });
    if (/success/i.test(heading)) return;
    await Promise.all([
      page.waitForEvent('framenavigated'),
      page.locator('button[type=submit]').first().click(),
    ]);
  }
  throw new Error(`no success after ${PAGES} pages`);
});
