// What admins do on other days: columns, many users at once, pasted rows, events of a range; with the keyboard alone, and
// as somebody with fewer rights.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { PASSWORD } from '../lib/browser.mjs';
import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';
import { tabsTo } from '../lib/keyboard.mjs';

const heads = (page) => page.locator('thead th:has(a)').allInnerTexts();

async function downloaded(download) {
  return (await readFile(await download.path(), 'utf8')).replace('\ufeff', '').split('\r\n').filter((line) => line !== '');
}

journey('columns are chosen and put in order, by button and for oneself', { demo: true }, async ({ page }) => {
  await page.goto('/users');
  const before = await heads(page);
  await page.getByRole('link', { name: 'Manage user properties' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Find a property').fill('points');
  await dialog.getByRole('checkbox', { name: 'Points' }).waitFor();
  await dialog.getByLabel('Find a property').fill('');
  const up = dialog.getByRole('button', { name: 'Move Points up' });
  for (let steps = 0; steps < 20 && await up.isEnabled(); steps += 1) await up.click();
  await suitsEverybody(page, 'the dialog of columns');
  await dialog.getByRole('button', { name: 'Save for me' }).click();
  await page.waitForURL(/\/users(\?|$)/);
  await page.locator('.notice').waitFor();
  const after = await heads(page);
  assert.match(after[6], /^points/i, `first behind the six that every table has: ${before} became ${after}`);
  assert.deepEqual([...after].sort(), [...before].sort(), 'the same columns in another order');
});

journey('two who are ticked are put on a list', { demo: true }, async ({ page, service }) => {
  await service.ask('POST', '/v1/lists', { id: 'tasters', name: 'Tasters' });
  await page.goto('/users');
  for (const row of [0, 1]) await page.locator('tbody input[name=users]').nth(row).check();
  await page.getByRole('button', { name: /With the ticked users/ }).click();
  await page.getByLabel('Add to the list').locator('visible=true').last().selectOption('tasters');
  assert.ok(await page.locator('input[value=join_list]').isChecked(), 'what is chosen beside a button ticks it');
  await page.getByLabel('New value').fill('Lyon');
  assert.ok(await page.locator('input[value=set_property]').isChecked(), 'and so is what is typed');
  await page.locator('input[value=join_list]').check();
  await suitsEverybody(page, 'what to do with many');
  await page.getByRole('button', { name: 'See what it would do' }).click();
  await page.locator('dd.changed', { hasText: '2' }).waitFor();
  await suitsEverybody(page, 'what it would do');
  await page.locator('button[value=begin]').click();
  await page.locator('.tag', { hasText: /^Done$/ }).waitFor();
  await suitsEverybody(page, 'a bulk action that is done');
  assert.equal((await service.ask('GET', '/v1/lists/tasters')).users, 2);
});

journey('pasted rows are imported', {}, async ({ page, service }) => {
  await page.goto('/imports/new');
  await page.getByText('Switch to copy and paste CSV').click();
  await page.getByLabel('Rows of CSV').fill('anna@example.org,Anna,Kowalska\nben@example.org,Ben,Okri');
  await suitsEverybody(page, 'where rows are pasted');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Import 2' }).click();
  await page.locator('.tag', { hasText: /^Done$/ }).waitFor();
  assert.equal((await service.ask('GET', '/v1/users?count=only&search=kowalska')).total, 1);
});

journey('chosen events of a range, with the keyboard alone', { demo: true }, async ({ page, service }) => {
  await page.goto('/users');
  await tabsTo(page, 'Export as CSV');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await tabsTo(page, 'Export users');
  await page.keyboard.press('ArrowDown');
  await tabsTo(page, 'All events');
  await page.keyboard.press('ArrowDown');
  await tabsTo(page, 'Find an event');
  await page.keyboard.type('badge');
  await tabsTo(page, /^Badge gained/i);
  await page.keyboard.press('Space');
  await suitsEverybody(page, 'the dialog of exports, of events');
  const downloading = page.waitForEvent('download');
  await tabsTo(page, 'Export');
  await page.keyboard.press('Enter');
  const lines = await downloaded(await downloading);
  const { rows } = await service.ask('GET', '/v1/exports/user-events.csv?type=BadgeGained&count=only');
  assert.equal(lines.length - 1, rows);
  assert.ok(rows > 0);
});

journey('a viewer looks, and sees nobody’s personal data', { token: null, demo: true }, async ({ page, service }) => {
  const { link } = await service.ask('POST', '/v1/team', { email: 'vera@example.org', role: 'viewer', personal_data: false });
  await page.goto(link);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password and sign in' }).click();
  await page.waitForURL('**/users');
  assert.equal(await page.getByRole('link', { name: '+ Import users' }).count(), 0);
  assert.equal(await page.locator('#sections a[href="/team"]').count(), 0);
  const text = await page.locator('main').textContent();
  assert.ok(!text.includes('@example.') && text.includes('withheld'));
  await suitsEverybody(page, 'the table of somebody with fewer rights');
});
