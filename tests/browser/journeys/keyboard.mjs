// A file is imported without a mouse: chosen, its columns taken and given another target, looked at, begun.
import assert from 'node:assert/strict';

import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';
import { tabsTo } from '../lib/keyboard.mjs';

const FILE = 'Email,First Name,Favourite\nanna@example.org,Anna,Sumatra\nnobody,Nobody,Kenya\n';

journey('a file is imported with the keyboard alone', {}, async ({ page, service }) => {
  const { keyboard } = page;
  // Waited for from the beginning: the browser is told then, and not in the moment in which the key is pressed.
  const choosing = page.waitForEvent('filechooser', { timeout: 60_000 });
  await page.goto('/users');
  await tabsTo(page, '+ Import users');
  await keyboard.press('Enter');
  await page.waitForURL('**/imports/new');
  await tabsTo(page, /^Choose a CSV file/);
  await keyboard.press('Space');
  await (await choosing).setFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE) });
  await page.getByRole('heading', { name: 'people.csv' }).waitFor();

  // The third column becomes a property of its own, called as its head says.
  await tabsTo(page, 'Favourite');
  assert.equal(await page.getByRole('checkbox', { name: 'Favourite' }).isChecked(), false, 'nobody has taken it yet');
  await keyboard.press('Space');
  await page.getByRole('button', { name: 'Import 1, skip 1' }).waitFor();
  await suitsEverybody(page, 'a draft, by keyboard');
  await tabsTo(page, 'Import 1, skip 1');
  await keyboard.press('Enter');
  await page.locator('.tag', { hasText: /^Done$/ }).waitFor();
  const { total } = await service.ask('GET', '/v1/users?count=only&property.favourite.is=sumatra');
  assert.equal(total, 1);
});
