// The first day of a team: joined by the link, signed in with a cookie and nothing else, a file imported, looked at, taken
// back, exported; and in again the next morning.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { PASSWORD } from '../lib/browser.mjs';
import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

const FILE = [
  'Email,First Name,City,Joined on',
  'anna@example.org,Anna,Łódź,2026-01-31',
  'ben@example.org,Ben,=1+1,2026-02-28',
  'not an address,Nobody,Lyon,2026-03-01',
].join('\r\n');

async function joins({ page, service }) {
  const { link } = await service.ask('POST', '/v1/sign-in-links');
  await page.goto('/users');
  await page.waitForURL('**/sign-in?to=**');
  await suitsEverybody(page, 'signing in');
  await page.goto(link);
  await suitsEverybody(page, 'joining');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set the password and sign in' }).click();
  await page.waitForURL('**/users');
}

// Four clicks: Import users, the file, (it uploads and is checked by itself), the columns, Import.
async function imports(page) {
  await page.getByRole('link', { name: '+ Import users' }).click();
  await page.getByLabel('Choose a CSV file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE) });
  await page.getByRole('heading', { name: 'people.csv' }).waitFor();
  await page.getByRole('link', { name: 'Take all columns' }).click();
  await page.getByRole('button', { name: 'Import 2, skip 1' }).waitFor();
  await suitsEverybody(page, 'a draft that was checked');
  await page.getByRole('button', { name: 'Import 2, skip 1' }).click();
  await page.locator('.tag', { hasText: /^Done$/ }).waitFor();
  const tiles = await page.locator('.tiles dd').allTextContents();
  assert.deepEqual(tiles.slice(0, 4).map((tile) => tile.trim()), ['2', '0', '0', '1']);
  await suitsEverybody(page, 'the report of an import');
}

async function exports(page) {
  await page.goto('/users');
  await page.getByText('Łódź').waitFor();
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('2 users').first().waitFor();
  await suitsEverybody(page, 'the dialog of exports');
  const downloading = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^users.*\.safe\.csv$/);
  const lines = (await readFile(await download.path(), 'utf8')).split('\r\n').filter((line) => line !== '');
  assert.equal(lines.length, 3);
  assert.ok(lines[0].startsWith('\ufeffemail,'), lines[0]);
  assert.ok(lines.some((line) => line.includes("'=1+1")), 'no spreadsheet takes a city for a formula');
  await page.locator('#export-downloads', { hasText: /^1$/ }).waitFor();
  await suitsEverybody(page, 'an export that is ready');
}

async function takesBack(page) {
  await page.goto('/imports');
  await page.getByRole('link', { name: 'people.csv' }).click();
  await page.getByRole('link', { name: 'Undo' }).click();
  await page.getByRole('heading', { name: 'Undo this import?' }).waitFor();
  await suitsEverybody(page, 'before an import is undone');
  await page.getByRole('button', { name: 'Undo the import' }).click();
  await page.locator('.tag', { hasText: /^Undone$/ }).waitFor();
  await page.goto('/users');
  await page.getByText('Import a file').first().waitFor();
}

async function comesAgain(page) {
  await page.goto('/account');
  await suitsEverybody(page, "one's own account");
  await page.goto('/team');
  await suitsEverybody(page, 'the team');
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL('**/sign-in');
  await page.goto('/imports');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/imports');
  await page.getByRole('link', { name: 'people.csv' }).waitFor();
}

journey('the first day of a team', { token: null }, async (given) => {
  await joins(given);
  await imports(given.page);
  await exports(given.page);
  await takesBack(given.page);
  await comesAgain(given.page);
});
