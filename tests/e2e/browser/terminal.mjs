// SPDX-License-Identifier: BSD-2-Clause
//
// A picture of a terminal of 80 columns and 24 lines.
//
//	node terminal.mjs PICTURE <screen
//
// Standard input is what stands on its screen, line by line.
import fs from 'node:fs';
import { browse } from './chromium.mjs';

const [picture] = process.argv.slice(2);
const text = fs.readFileSync(0, 'utf8').replace(/[&<]/g, (c) => (c === '&' ? '&amp;' : '&lt;'));

await browse([], { width: 1100, height: 700 }, async (page) => {
  await page.setContent(`<meta charset="utf-8"><style>
    body { margin: 0 }
    pre { margin: 0; padding: 8px; width: 80ch; height: 576px; overflow: hidden;
          font: 20px/24px "DejaVu Sans Mono"; color: #ddd; background: #111 }
  </style><pre>${text}</pre>`);
  await page.evaluate(() => document.fonts.ready);
  await page.locator('pre').screenshot({ path: picture });
});
