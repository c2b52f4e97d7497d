// SPDX-License-Identifier: BSD-2-Clause
//
// A person with a real browser.
//
//	node approve.mjs KEY_HASH SHOTS URL CODE USER
//
// Opens URL, types CODE, says who they are, agrees, and prints the heading of
// each page, one a line.  Pictures of the pages go to the folder SHOTS.  The
// servers' key, of which KEY_HASH is the hash (base64, of its
// SubjectPublicKeyInfo), is the only one trusted beside the system's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [hash, shots, url, code, user] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-'));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', `--ignore-certificate-errors-spki-list=${hash}`],
  viewport: { width: 800, height: 700 },
});
try {
  const page = browser.pages()[0];
  page.setDefaultTimeout(10000);
  await page.goto(url);
  for (let n = 1; n <= 8; n += 1) {
    await page.waitForLoadState();
    const heading = (await page.locator('h1').first().textContent()).trim();
    console.log(heading);
    const typed = page.locator('input[type=text][name=user_code]');
    if (await typed.count()) await typed.fill(code);
    if (await page.locator('input[name=login]').count()) {
      await page.fill('input[name=login]', user);
      await page.fill('input[name=password]', 'any');
    }
    const name = `${n}-${heading.toLowerCase().replace(/[^a-z]+/g, '-')}.png`;
    await page.screenshot({ path: path.join(shots, name) });
    if (/success/i.test(heading)) break;
    await Promise.all([
      page.waitForEvent('framenavigated'),
      page.locator('button[type=submit]').first().click(),
    ]);
  }
} finally {
  await browser.close();
  fs.rmSync(profile, { recursive: true, force: true });
}
