// Every page: nothing in the console, usable by everybody, small.
import assert from 'node:assert/strict';

import { suitsEverybody, visit } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

// Pages that have to be there, beside those the navigation names.
const PAGES = [
  '/users', '/users?segment=regulars&sort=-points', '/bulk-actions', '/users/new', '/imports/new', '/exports/new',
  '/events', '/events?type=BadgeGained&from=2026-01-01', '/challenges/new', '/lists/customers',
  '/problems', '/problems/user_unknown',
  '/segments/new', '/segments/regulars', '/segments/regulars_without_app', '/badges/new', '/badges/founder', '/badges/home_barista',
];

journey('every page of a service with data suits everybody', { demo: true }, async ({ t, page }) => {
  await visit(t, page, '/');
  const sections = await page.locator('#sections a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.ok(sections.includes('/users'), `the navigation leads somewhere: ${sections}`);
  for (const path of new Set([...sections, ...PAGES])) {
    const answer = await visit(t, page, path);
    assert.equal(answer.status(), 200, path);
    await suitsEverybody(page, path);
  }
});

journey('every page of an empty service says what to do', {}, async ({ t, page }) => {
  await visit(t, page, '/');
  const sections = await page.locator('#sections a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  for (const path of sections) {
    await visit(t, page, path);
    assert.equal(await page.locator('h1').count(), 1, `${path} has one title`);
    await suitsEverybody(page, `${path}, empty`);
  }
});

journey('a page that is refused is a page', { demo: true, refusals: true }, async ({ t, page }) => {
  const answer = await visit(t, page, '/users?list=nobody_made_it');
  assert.equal(answer.status(), 404);
  await suitsEverybody(page, 'a refused page');
  const mistyped = await visit(t, page, '/exports/zzz');
  assert.equal(mistyped.status(), 404);
  await suitsEverybody(page, 'a mistyped address');
  await page.getByRole('link', { name: 'Go to Exports' }).click();
  await page.getByRole('heading', { name: 'Exports', level: 1 }).waitFor();
});

journey('what a no means is told to whoever is not signed in', { token: null }, async ({ t, page }) => {
  for (const path of ['/problems', '/problems/email_taken']) {
    const answer = await visit(t, page, path);
    assert.equal(answer.status(), 200, path);
    await suitsEverybody(page, path);
  }
});

// What is long is broken where it has to be: the next cell is not written over.
journey('the long filters of an export stay in their cell', { demo: true }, async ({ t, page, service }) => {
  const filters = { 'property.country.is': 'x'.repeat(300), columns: 'email,first_name,last_name,country,points,user_id' };
  await service.ask('POST', '/v1/exports?wait=true', { content: 'users', format: 'csv', ...filters });
  await visit(t, page, '/exports');
  const chips = page.locator('.exports .chips > .tag');
  await chips.first().waitFor();
  const beyond = await chips.evaluateAll((all) =>
    all.filter((chip) => [chip, ...chip.children].some((part) => part.getBoundingClientRect().right > chip.closest('td').getBoundingClientRect().right)).length);
  assert.equal(beyond, 0, 'no chip reaches into the next cell');
  await suitsEverybody(page, 'exports with long filters');
});
