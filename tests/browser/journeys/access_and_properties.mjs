// API tokens and custom properties: made, shown, ended; and numbers over time.
import assert from 'node:assert/strict';

import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

async function tokens({ page, service, context, scripts, suits }) {
  await page.goto('/tokens');
  await page.getByText('New token', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Night export');
  await page.getByRole('checkbox', { name: /^Export/ }).check();
  await page.getByRole('button', { name: 'Make the token' }).click();
  const secret = await page.getByLabel(/^Secret of/).inputValue();
  const asked = (path) => fetch(service.address + path, { headers: { authorization: `Bearer ${secret}` } });
  assert.equal((await asked('/v1/exports')).status, 200);
  const copy = page.getByRole('button', { name: 'Copy' });
  if (scripts) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await copy.click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  } else {
    assert.equal(await copy.count(), 0, 'what does nothing is not shown');
  }
  await suits(page, 'a new token');

  // Reloaded by its address, the page does not show it again.
  await page.goto('/tokens');
  assert.equal(await page.getByLabel(/^Secret of/).count(), 0);
  const row = page.getByRole('row', { name: /Night export/ });
  await row.getByRole('button', { name: 'Revoke' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke this token?' });
  await dialog.waitFor();
  await suits(page, 'a token about to be revoked');
  await dialog.getByRole('button', { name: 'Close' }).click();
  assert.equal((await asked('/v1/exports')).status, 200, 'nothing happened yet');
  await row.getByRole('button', { name: 'Revoke' }).click();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('The token was revoked.').waitFor();
  assert.equal((await asked('/v1/exports')).status, 401);
}

async function properties({ page, suits }) {
  await page.goto('/properties');
  await page.getByText('New property', { exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('Shoe size');
  await page.getByLabel('Reference ID').fill('shoe_size');
  await page.getByLabel('Type').selectOption('Number');
  await page.getByRole('button', { name: 'Make the property' }).click();
  await page.getByText('The property was made.').waitFor();

  // What is refused is told where it is mended, and what was typed stays.
  await page.getByText('New property', { exact: true }).click();
  await page.getByLabel('Reference ID').fill('shoe_size');
  await page.getByRole('button', { name: 'Make the property' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Reference ID').inputValue(), 'shoe_size');
  await suits(page, 'a refused property');

  await page.getByRole('link', { name: 'Shoe size' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Size of shoes');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The property was saved.').waitFor();
  await page.getByRole('link', { name: 'Size of shoes' }).click();
  await suits(page, 'one property');
  await page.getByRole('button', { name: 'Delete property' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this property?' });
  await dialog.waitFor();
  await suits(page, 'a property about to be deleted');
  await dialog.getByRole('button', { name: 'Delete property' }).click();
  await page.getByText('The property was deleted.').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Size of shoes' }).count(), 0);
}

async function indicators({ page, suits }) {
  await page.goto('/indicators');
  const total = () => page.locator('.sums').first().locator('dd').last().textContent();
  const now = await total();
  await page.getByRole('link', { name: '365 days' }).click();
  await page.waitForURL(/days=365/);
  assert.equal(await total(), now, 'there are as many now, whichever days are shown');
  const numbers = page.locator('details').first();
  await numbers.locator('summary').click();
  assert.ok(await numbers.getByRole('row').count() > 30);
  await suits(page, 'numbers of a year');
  const today = await page.getByLabel('Through').inputValue();
  await page.getByLabel('From').fill(today);
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL((url) => url.searchParams.get('from') === today);
  assert.equal(await total(), now);
}

for (const scripts of [true, false]) {
  const how = scripts ? '' : ', without scripts';
  // What looks at a page for everybody's sake is a script itself.
  const suits = scripts ? suitsEverybody : async () => {};
  const walked = (walk) => (looking) => walk({ ...looking, scripts, suits });
  journey(`a token is made, copied and revoked${how}`, { scripts }, walked(tokens));
  journey(`a property is made, renamed and deleted${how}`, { demo: true, scripts, refusals: true }, walked(properties));
  journey(`indicators are shown for the days that are asked for${how}`, { demo: true, scripts }, walked(indicators));
}
