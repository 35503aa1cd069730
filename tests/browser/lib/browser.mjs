// Chromium, and somebody who looks at a service with it. Whatever the console, the policy of contents or the network
// complain of is kept, and fails the journey.
import { chromium } from 'playwright-core';

import { ADMIN } from './service.mjs';

// Root has no sandbox; a container has little shared memory.
const FLAGS = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
}

// Signs in: until there is a page for it, every request carries the token.
async function signIn(context, token) {
  await context.setExtraHTTPHeaders({ authorization: `Bearer ${token}` });
}

// Somebody who looks. `complaints` grows while they do; `token` is whose eyes they have.
export async function visitor(browser, service, { token = ADMIN, scripts = true, viewport } = {}) {
  const complaints = [];
  const context = await browser.newContext({
    baseURL: service.address,
    javaScriptEnabled: scripts,
    viewport: viewport ?? { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15_000);
  if (token) await signIn(context, token);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy of contents: ${event.violatedDirective} forbids ${event.blockedURI || 'what is inside the page'}`);
    });
  });
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`script: ${error.error()}`));
  context.on('request', (request) => {
    if (!request.url().startsWith(service.address)) complaints.push(`asks somebody else: ${request.url()}`);
  });
  context.on('response', (response) => {
    const expected = response.request().isNavigationRequest();
    if (response.status() >= 400 && !expected) complaints.push(`${response.status()}: ${response.url()}`);
  });
  const page = await context.newPage();
  return { context, page, complaints };
}
