// All events: found by type, user and days; why one happened; the same as an export.
import assert from 'node:assert/strict';

import { visitor } from '../lib/browser.mjs';
import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

const whats = (page) => page.locator('tbody tr td:nth-child(3)').allTextContents();
const form = (page) => page.getByRole('form', { name: 'Filter events' });

async function finds({ page, service }) {
  await page.goto('/users');
  await page.locator('#sections').getByRole('link', { name: 'Events', exact: true }).click();
  await page.waitForURL('**/events');
  const first = await whats(page);
  assert.ok(first.length > 10, 'the newest events are there at once');

  // Older ones, and back to the same.
  await page.getByRole('link', { name: 'Older' }).click();
  await page.waitForURL(/cursor=/);
  assert.ok((await whats(page)).length > 0);
  await page.getByRole('link', { name: 'Newer' }).click();
  await page.waitForURL((url) => !url.href.includes('cursor='));
  assert.deepEqual(await whats(page), first);

  // Of one type, of the user to whom the newest of it happened, on its day.
  const { items: [newest] } = await service.ask('GET', '/v1/events?type=SegmentEntered&limit=1');
  const day = newest.recorded_at.slice(0, 10);
  await form(page).getByText('All types of event').click();
  await form(page).getByRole('checkbox', { name: /^Segment entered/ }).check();
  await form(page).getByLabel('User', { exact: true }).fill(newest.user_email);
  await form(page).getByLabel('From').fill(day);
  await form(page).getByLabel('Through').fill(day);
  await form(page).getByLabel('Time zone of these days').fill('UTC');
  await form(page).getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(new RegExp(`user=${newest.user_id}`));
  assert.ok(!page.url().includes('@') && !page.url().includes('%40'), 'no address is kept in the address');
  const found = await whats(page);
  const asked = `/v1/events?type=SegmentEntered&user=${newest.user_id}&from=${day}&through=${day}&zone=UTC`;
  assert.equal(found.length, (await service.ask('GET', asked)).items.length);
  assert.ok(found.every((what) => what === 'Segment entered'));

  // The address alone gives the same again; a filter goes away alone.
  const address = page.url();
  const shown = await page.locator('tbody').textContent();
  await page.goto('/events');
  await page.goto(address);
  assert.equal(await page.locator('tbody').textContent(), shown);
  const chips = page.getByRole('list', { name: 'Filters' }).getByRole('link');
  assert.equal(await chips.count(), 4);
  await suitsEverybody(page, 'filtered events');
}

journey('an event is found by type, user and day, and says why it happened', { demo: true }, async ({ page, service }) => {
  await finds({ page, service });
  await page.getByRole('link', { name: 'Why?' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Why this happened' });
  await dialog.waitFor();
  assert.ok(await dialog.locator('ol.causes > li').count() >= 2, 'the event, and what led to it');
  await suitsEverybody(page, 'why an event happened');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });

  // The same as an export: the form knows what was looked at.
  await page.getByRole('link', { name: 'Export these events' }).click();
  const exporting = page.getByRole('dialog');
  await exporting.waitFor();
  assert.ok(await exporting.getByRole('checkbox', { name: /^Segment entered/ }).isChecked());
  assert.notEqual(await exporting.getByLabel('First day').inputValue(), '');
  await suitsEverybody(page, 'an export of the same events');
});

journey('all of it without scripts', { demo: true, scripts: false }, async ({ page, service }) => {
  await page.goto('/events?type=BadgeGained');
  await page.getByRole('link', { name: 'Why?' }).first().click();
  await page.getByRole('heading', { name: 'Why this happened' }).waitFor();
  assert.ok(await page.locator('ol.causes > li').count() >= 2);
  const { items } = await service.ask('GET', '/v1/events?type=BadgeGained&limit=1');
  await page.goto(`/users/${items[0].user_id}/activity`);
  assert.ok((await page.locator('tbody').textContent()).includes('Badge gained'));
});

journey('types are found by a part of their name, and ticked together', { demo: true }, async ({ page }) => {
  await page.goto('/events');
  await form(page).getByText('All types of event').click();
  await form(page).getByLabel('Find an event').fill('badge');
  await form(page).getByRole('button', { name: 'Select all' }).click();
  await form(page).getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/type=BadgeGained&type=BadgeLost/);
  assert.ok((await whats(page)).every((what) => what.startsWith('Badge')));
});

journey('who may not see personal data sees events without it', { demo: true }, async ({ service, browser }) => {
  const { token } = await service.ask('POST', '/v1/tokens', { name: 'Without names', scopes: ['users:read', 'events:read'] });
  const { page, complaints } = await visitor(browser, service, { token });
  await page.goto('/events');
  assert.ok((await whats(page)).length > 0);
  assert.ok(!(await page.locator('main').textContent()).includes('@example.'), 'no address is shown');
  await suitsEverybody(page, 'events without personal data');
  assert.deepEqual(complaints, []);
});
