// Pictures for the README, of a demo as it is filled afresh: node tests/browser/screenshots.mjs, after tests/browser/run has
// fetched what it needs. COHORT_PROGRAM and CHROMIUM name the programs, else they are those that run uses.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
process.env.COHORT_PROGRAM ??= join(root, 'target', 'debug', 'cohort');
process.env.CHROMIUM ??= '/usr/bin/chromium';
const { fillDemo, serve } = await import('./lib/service.mjs');
const { openBrowser, visitor } = await import('./lib/browser.mjs');

// As many customers as the demo has by itself.
const CUSTOMERS = '2000';
// Of each picture: its name, the page, the scheme, the window.
const DESK = { width: 1280, height: 800 };
const PICTURES = [
  ['users', '/users?sort=-last_active_at', 'light', DESK],
  ['users-dark', '/users?segment=regulars&sort=-points', 'dark', DESK],
  ['indicators', '/indicators?days=90', 'light', DESK],
  ['segment', '/segments/readers_in_france', 'light', DESK],
  ['challenge', '/challenges/tasting_tour', 'light', DESK],
  ['events', '/events?type=BadgeGained&type=ChallengeCompleted', 'light', DESK],
  ['export', '/exports/new?content=user_events', 'light', DESK],
  ['users-narrow', '/users', 'light', { width: 360, height: 720 }],
];

// Chromium writes PNG only; as WebP, which it can make too, a picture is a fifth of that.
async function asWebp(page, png) {
  const data = await page.evaluate(async (source) => {
    const picture = await createImageBitmap(await (await fetch(source)).blob());
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
    canvas.getContext('2d').drawImage(picture, 0, 0);
    return canvas.toDataURL('image/webp', 0.86);
  }, `data:image/png;base64,${png.toString('base64')}`);
  return Buffer.from(data.split(',')[1], 'base64');
}

const scratch = await mkdtemp(join(tmpdir(), 'cohort-screenshots-'));
process.env.COHORT_SCRATCH = scratch;
process.env.COHORT_DEMO_FOLDER = join(scratch, 'demo');
const browser = await openBrowser();
try {
  await fillDemo(process.env.COHORT_DEMO_FOLDER, CUSTOMERS);
  const service = await serve({ demo: true });
  const folder = join(root, 'docs', 'screenshots');
  await mkdir(folder, { recursive: true });
  const converter = await (await browser.newContext()).newPage();
  const { page } = await visitor(browser, service);
  for (const [name, path, colorScheme, viewport] of PICTURES) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const answer = await page.goto(path);
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
    const file = join(folder, `${name}.webp`);
    await writeFile(file, await asWebp(converter, await page.screenshot()));
    console.log(`${file}: ${(await readFile(file)).length} bytes`);
  }
  await service.end();
} finally {
  await browser.close();
  await rm(scratch, { recursive: true, force: true });
}
