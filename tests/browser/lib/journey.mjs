// One journey: a service, a browser, somebody who looks; afterwards nothing is left, and nobody may have complained.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openBrowser, visitor } from './browser.mjs';
import { serve } from './service.mjs';

// A refused page is a page, and what was refused is what the journey looks for: Chromium reports its status all the same.
const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/;

// `demo`: a service with the demo's data, else an empty one. `scripts: false`: without JavaScript. `refusals: true`: pages
// may answer with a status of 4xx.
export function journey(name, { demo = false, scripts = true, refusals = false, settings, token }, walk) {
  test(name, async (t) => {
    const service = await serve({ demo, settings });
    t.after(() => service.end());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const looking = await visitor(browser, service, { scripts, token });
    await walk({ t, service, browser, ...looking });
    const complaints = looking.complaints.filter((one) => !(refusals && REFUSED.test(one)));
    assert.deepEqual(complaints, [], 'nothing is complained of');
  });
}
