// What every page has to be: usable by everybody, as wide as the window and no wider, small.
import assert from 'node:assert/strict';

import axe from 'axe-core';

// WCAG 2.2 AA, and all it builds on.
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
// The widths of a desk and of the smallest telephone, in CSS pixels.
const WINDOWS = [
  { width: 1280, height: 800 },
  { width: 320, height: 640 },
];
// The largest first answer of a page with all it needs, in bytes.
const BYTES_MAX = 150 * 1024;

async function accessible(page, where) {
  await page.evaluate(axe.source);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: { type: 'tag', values: rules } }), RULES);
  const told = found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => node.html).slice(0, 5) }));
  assert.deepEqual(told, [], where);
}

async function fits(page, where) {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  assert.ok(wide.scrollWidth <= wide.clientWidth, `${where}: ${wide.scrollWidth} wide in a window of ${wide.clientWidth}`);
}

// A moment in a table is read at a glance: it stands on one line.
async function unbroken(page, where) {
  const broken = await page.locator('table time').evaluateAll((times) =>
    times.filter((time) => new Set([...time.getClientRects()].map((line) => Math.round(line.top))).size > 1).map((time) => time.textContent));
  assert.deepEqual(broken, [], `${where}: moments that are broken in two`);
}

// The page as it is now, light and dark, wide and narrow.
export async function suitsEverybody(page, what) {
  const before = page.viewportSize();
  for (const window of WINDOWS) {
    await page.setViewportSize(window);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const where = `${what}, ${colorScheme}, ${window.width} wide`;
      await accessible(page, where);
      await fits(page, where);
      await unbroken(page, where);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
}

// Goes to a page; it is small, and how long it took is told.
export async function visit(t, page, path) {
  const answer = await page.goto(path, { waitUntil: 'load' });
  const sizes = await page.evaluate(() => {
    const [page] = performance.getEntriesByType('navigation');
    const all = [page, ...performance.getEntriesByType('resource')];
    return {
      bytes: all.reduce((sum, one) => sum + one.transferSize, 0),
      ms: Math.round(page.responseStart - page.requestStart),
    };
  });
  t.diagnostic(`${path}: ${sizes.bytes} bytes, first of them after ${sizes.ms} ms`);
  assert.ok(sizes.bytes <= BYTES_MAX, `${path} takes ${sizes.bytes} bytes`);
  return answer;
}
