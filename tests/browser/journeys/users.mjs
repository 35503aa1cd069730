// The table of users: sorted, searched, filtered, page by page, and all of it in the address.
import assert from 'node:assert/strict';

import { visitor } from '../lib/browser.mjs';
import { journey } from '../lib/journey.mjs';

// The first cell is for ticking the row.
const emails = (page) => page.locator('tbody tr td:nth-child(2)').allTextContents();
const found = async (page) => Number((await page.locator('.table-head [role=status]').textContent()).replace(/\D/g, ''));

async function walk({ page, service }) {
  await page.goto('/');
  await page.waitForURL('**/users');
  const all = await found(page);
  const { total } = await service.ask('GET', '/v1/users?count=only');
  assert.equal(all, total);
  const first = await emails(page);

  // The next page holds others, and the way back leads to the same ones.
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.waitForURL(/cursor=/);
  const second = await emails(page);
  assert.ok(second.length > 0 && first.length + second.length <= all);
  assert.ok(second.every((email) => !first.includes(email)));
  await page.goBack();
  assert.deepEqual(await emails(page), first);

  // Sorted by a column, and the other way round.
  await page.getByRole('columnheader', { name: 'Points' }).getByRole('link').click();
  await page.waitForURL(/sort=/);
  const once = await page.locator('th[aria-sort]').getAttribute('aria-sort');
  await page.locator('th[aria-sort] a').click();
  await page.waitForFunction((before) => document.querySelector('th[aria-sort]')?.getAttribute('aria-sort') !== before, once);

  // An export of it is in that order, and says so.
  const sorted = page.url();
  await page.goto(await page.getByRole('link', { name: 'Export as CSV' }).getAttribute('href'));
  assert.ok(await page.getByLabel('By Points, descending').isChecked());
  await page.goto(sorted);

  // Searched: what is typed stays, and so does the order.
  await page.getByRole('searchbox').fill('lukasz');
  await page.getByRole('searchbox').press('Enter');
  await page.waitForURL(/search=lukasz/);
  assert.match(page.url(), /sort=/);
  assert.equal(await page.getByRole('searchbox').inputValue(), 'lukasz');
  const some = await found(page);
  assert.ok(some > 0 && some < all, `${some} of ${all}`);

  // Filtered by a segment as well; the address alone gives the same table again.
  await page.getByRole('button', { name: 'Add filter' }).click();
  const segments = page.locator('form', { has: page.getByLabel('Segment', { exact: true }) });
  await segments.getByRole('combobox').selectOption({ value: 'readers_in_france' });
  await segments.getByRole('button', { name: 'Add' }).click();
  await page.waitForURL(/segment=readers_in_france/);
  const chips = page.getByRole('list', { name: 'Filters' }).getByRole('link');
  const count = await chips.count();
  const address = page.url();
  const shown = await page.locator('main').textContent();
  await page.goto('/users');
  await page.goto(address);
  assert.equal(await page.locator('main').textContent(), shown);

  // A filter goes away alone; what asks for nobody says so and leads back to everybody.
  await chips.last().click();
  await page.waitForURL((url) => url.href !== address);
  assert.equal(await chips.count(), count - 1);
  await page.goto('/users?search=nobody-is-called-so');
  await page.getByText('No user matches these filters').waitFor();
  await page.locator('.empty').getByRole('link', { name: 'Remove all filters' }).click();
  await page.waitForURL((url) => !url.href.includes('nobody'));
  assert.equal(await found(page), all);
}

journey('the table of users is searched, sorted and filtered, and the address says how', { demo: true }, walk);
journey('all of it without scripts', { demo: true, scripts: false }, walk);
journey('who may not see personal data sees that it is withheld', { demo: true }, async ({ service, browser }) => {
  const { token } = await service.ask('POST', '/v1/tokens', { name: 'Without names', scopes: ['users:read'] });
  const { page, complaints } = await visitor(browser, service, { token });
  await page.goto('/users');
  assert.equal(await page.getByRole('searchbox').count(), 0);
  const text = await page.locator('main').textContent();
  assert.ok(!text.includes('@example.'), 'no address is shown');
  assert.ok(text.includes('withheld'));
  assert.deepEqual(complaints, []);
});

// Only conditions that suit the property are offered, and the field is of the kind that the condition takes.
journey('a filter is put together', { demo: true }, async ({ page }) => {
  await page.goto('/users');
  await page.getByRole('button', { name: 'Add filter' }).click();
  const form = page.locator('form[data-module=filter]');
  const conditions = form.getByLabel('Condition');
  const value = form.locator('input[name=add_value]');
  const fields = form.getByLabel('Property').or(conditions).or(value);
  const feet = await fields.evaluateAll((all) => all.map((field) => Math.round(field.getBoundingClientRect().bottom)));
  assert.deepEqual(feet, Array(3).fill(feet[0]), 'the fields stand on one line');
  const offered = () => conditions.locator('optgroup:not([disabled]) option').allTextContents();
  await form.getByLabel('Property').selectOption('member_since');
  assert.ok(!(await offered()).includes('contains'), 'no date contains a text');
  await conditions.selectOption('before');
  assert.equal(await value.getAttribute('type'), 'date');
  await form.getByLabel('Property').selectOption('points');
  assert.equal(await conditions.inputValue(), '', 'what does not suit any more is not kept');
  await conditions.selectOption('is_set');
  assert.ok(!(await value.isVisible()), 'nothing is typed beside it');
  await conditions.selectOption('more_than');
  await value.fill('10.5');
  await form.getByRole('button', { name: 'Add' }).click();
  await page.waitForURL(/property\.points\.more_than=10\.5/);
  const many = await found(page);
  assert.ok(many > 0);
});
