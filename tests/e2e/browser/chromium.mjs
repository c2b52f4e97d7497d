// SPDX-License-Identifier: BSD-2-Clause
//
// Debian's chromium, as root on the stage.  work(page) may take its time: two
// cores may be all there is, and others at work on them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

const PATIENCE = 60000; // ms

export async function browse(args, viewport, work) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    // Its sandbox is not for root.  What else is there would look for the
    // network, and there is none.
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking',
      '--disable-component-update', ...args],
    viewport,
    timeout: PATIENCE,
  });
  try {
    const page = context.pages()[0] ?? await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await work(page);
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
