// A segment put together while who would be in is counted, published as it is saved; a badge that follows it; who holds it.
import assert from 'node:assert/strict';

import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

// Rows and buttons are found by what they say: the same with and without scripts.
function builder(page, scripts) {
  const row = (number) => page.getByRole('group', { name: `Condition ${number} of group 1` });
  const apply = async (number) => {
    if (!scripts) await row(number).getByRole('button', { name: /^Apply/ }).click();
  };
  return {
    row,
    add: () => page.getByRole('button', { name: 'Add condition to group 1' }).click(),
    subject: async (number, name) => {
      await row(number).getByLabel('What is asked').selectOption({ label: name });
      await apply(number);
    },
    operator: async (number, name) => {
      await row(number).getByLabel('Condition', { exact: true }).selectOption({ label: name });
      await apply(number);
    },
    counted: async () => {
      if (!scripts) await page.getByRole('button', { name: 'Count', exact: true }).click();
    },
  };
}

const would = (page) => page.locator('#count .would');

// How many would be in, once it is another number than before.
async function count(page, before) {
  await page.waitForFunction((said) => {
    const now = document.querySelector('#count .would')?.textContent;
    return now && now !== said;
  }, before);
  return (await would(page).textContent()).trim();
}

async function users({ service }, filter) {
  const { total } = await service.ask('GET', `/v1/users?count=only&settled=true&${filter}`);
  return total;
}

async function walk({ page, service, scripts, suits, loads }) {
  const { row, add, subject, operator, counted } = builder(page, scripts);
  await page.goto('/segments');
  await page.getByRole('link', { name: 'New segment' }).click();
  await page.waitForURL('**/segments/new', { waitUntil: 'load' });
  await page.getByLabel('Name', { exact: true }).fill('French with points');
  const before = loads();
  await subject(1, 'Country');
  await operator(1, 'is');
  await row(1).getByLabel('Value').fill('France');
  await counted();
  const french = await users({ service }, 'property.country.is=France');
  assert.ok(french > 1, `${french} are in France`);
  assert.equal(await count(page, ''), `${french} users would be in.`);

  // A second condition: numbers are asked as numbers, and the count goes on by itself.
  await add();
  // The next key goes to the new condition.
  if (scripts) await page.waitForFunction(() => document.activeElement.id === 'c-0-1-subject');
  await subject(2, 'Points');
  await operator(2, 'is at least');
  const value = row(2).getByLabel('Value');
  assert.equal(await value.getAttribute('type'), 'number');
  await value.fill('100');
  await counted();
  const both = await users({ service }, 'property.country.is=France&property.points.at_least=100');
  assert.ok(both > 0 && both < french, `${both} of ${french}`);
  assert.equal(await count(page, `${french} users would be in.`), `${both} users would be in.`.replace('1 users', '1 user'));
  if (scripts) assert.equal(loads(), before, 'the page was loaded once');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'French with points', 'what was typed stays');
  await suits(page, 'a segment being put together');

  // A condition in which nothing is chosen is not left out in silence: it says so where it stands, and is taken away.
  await add();
  await page.getByRole('button', { name: 'Make the segment' }).click();
  await row(3).getByText('Choose what this condition looks at, or remove it.').waitFor();
  await page.getByText('Look at: Condition 3 of group 1.').waitFor();
  assert.equal(await row(2).getByLabel('Value').inputValue(), '100', 'what was typed stays');
  await suits(page, 'a segment with a condition that is not filled in');
  await row(3).getByRole('button', { name: /^Remove/ }).click();
  await row(3).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Make the segment' }).click();
  await page.getByText('The segment is made.').waitFor();
  await page.waitForURL('**/segments/french_with_points');
  assert.equal(await users({ service }, 'segment=french_with_points'), both);
  await suits(page, 'one segment');

  // A badge that follows it: nobody holds the draft; publishing says who will.
  await page.goto('/badges');
  await page.getByRole('link', { name: 'New badge' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Collector');
  await page.getByLabel('Held by').selectOption({ label: 'French with points' });
  await page.getByLabel('Language, such as en or pt-BR').fill('fr');
  await page.getByLabel('Title').fill('Collectionneur');
  await suits(page, 'a badge being made');
  await page.getByRole('button', { name: 'Make the badge' }).click();
  await page.getByText('The badge is made').waitFor();
  assert.equal(await users({ service }, 'badge=collector'), 0);
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this badge?' });
  await dialog.waitFor();
  assert.ok((await dialog.textContent()).includes(`${both} user`), 'who will hold it is told first');
  await suits(page, 'a badge about to be published');
  await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.getByText('The badge is published.').waitFor();
  // Who holds it is counted, and told without the page being loaded again.
  if (scripts) await page.locator('#holders').getByRole('link', { name: `${both} user` }).waitFor();
  assert.equal(await users({ service }, 'badge=collector'), both);
  await page.goto('/badges');
  await page.getByRole('row', { name: /Collector/ }).getByRole('link', { name: /user/ }).click();
  await page.waitForURL('**/users?badge=collector');
  assert.equal(await page.locator('tbody tr').count(), both);

  // Other conditions take the badge from somebody: that is said before it is done.
  await page.goto('/segments/french_with_points');
  await row(2).getByLabel('Value').fill('1000000');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Badge Collector: who is in gains it').waitFor();
  // With numbers: nobody fulfils that, so whoever is in leaves.
  const leave = both === 1 ? '1 user leaves.' : `${both} users leave.`;
  const told = await page.locator('#sure').textContent();
  assert.ok(told.includes(`Nobody enters. ${leave}`), told);
  assert.match(await would(page).textContent(), /Nobody would be in\./);
  await suits(page, 'what hangs on a segment');
  await page.getByRole('button', { name: 'Save all the same' }).click();
  await page.getByText('The segment is saved.').waitFor();
  assert.equal(await users({ service }, 'badge=collector'), 0);
}

async function lists({ page, suits }) {
  await page.goto('/lists');
  await page.getByText('New list', { exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('Autumn');
  await page.getByRole('button', { name: 'Make the list' }).click();
  await page.getByText('The list is made.').waitFor();
  await suits(page, 'one list');
  await page.getByRole('button', { name: 'Delete list' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this list?' });
  await dialog.getByRole('button', { name: 'Delete list' }).click();
  await page.getByText('The list was deleted.').waitFor();
  // What is needed is kept, and what needs it is named before.
  await page.getByRole('link', { name: 'Founding members' }).click();
  await page.getByRole('button', { name: 'Delete list' }).click();
  await dialog.getByText('Badge Founding member').waitFor();
  await suits(page, 'a list about to be deleted');
}

for (const scripts of [true, false]) {
  const how = scripts ? '' : ', without scripts';
  const suits = scripts ? suitsEverybody : async () => {};
  const walked = (walk) => (looking) => {
    let pages = 0;
    looking.page.on('domcontentloaded', () => { pages += 1; });
    return walk({ ...looking, scripts, suits, loads: () => pages });
  };
  journey(`a segment is built, and a badge follows it${how}`, { demo: true, scripts, refusals: true }, walked(walk));
  journey(`a list is made and deleted${how}`, { demo: true, scripts }, walked(lists));
}
