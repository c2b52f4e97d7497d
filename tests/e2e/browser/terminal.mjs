// SPDX-License-Identifier: BSD-2-Clause
//
// A picture of a terminal of 80 columns and 24 lines.
//
//	node terminal.mjs PICTURE [light] <screen
//
// Standard input is what stands on its screen, line by line.
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const [picture, light] = process.argv.slice(2);
const text = fs.readFileSync(0, 'utf8').replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  await page.setContent(`<style>
    body { margin: 0 }
    pre { margin: 0; padding: 8px; width: 80ch; height: 576px; overflow: hidden;
          font: 20px/24px "DejaVu Sans Mono"; color: ${light ? '#000' : '#ddd'};
          background: ${light ? '#fff' : '#111'} }
  </style><pre>${text}</pre>`);
  await page.evaluate(() => document.fonts.ready);
  await page.locator('pre').screenshot({ path: picture });
} finally {
  await browser.close();
}
