// Chromium, and somebody who looks at a service with it. Whatever the console, the policy of contents or the network
// complain of is kept, and fails the journey.
import { chromium } from 'playwright-core';

// Root has no sandbox; a container has little shared memory.
const FLAGS = ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

export async function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
}

// What everybody here signs in with.
export const PASSWORD = 'several words one after another';

// Joins as an admin by a link, as a person would; from then on the context has their cookie.
async function join(context, service) {
  const { link } = await service.ask('POST', '/v1/sign-in-links');
  const form = { email: 'ada@example.org', password: PASSWORD };
  const answer = await context.request.post(service.address + link, { form, headers: { origin: service.address } });
  if (!answer.ok()) throw new Error(`nobody could join: ${answer.status()}`);
}

// Somebody who looks. `complaints` grows while they do. They have joined as an admin; or have the eyes of a `token`, which no
// download carries along; or, with null, are nobody yet.
export async function visitor(browser, service, { token, scripts = true, viewport } = {}) {
  const complaints = [];
  const context = await browser.newContext({
    baseURL: service.address,
    javaScriptEnabled: scripts,
    viewport: viewport ?? { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Paris',
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(60_000); // a busy machine may draw nothing for a quarter of a minute
  if (token === undefined) await join(context, service);
  else if (token) await context.setExtraHTTPHeaders({ authorization: `Bearer ${token}` });
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
