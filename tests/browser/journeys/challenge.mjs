// A challenge of two steps: written, put in order, published; a user completes it, and the funnel shows it.
import assert from 'node:assert/strict';

import { suitsEverybody } from '../lib/checks.mjs';
import { journey } from '../lib/journey.mjs';

const titles = (page) => page.getByLabel('Step', { exact: true }).evaluateAll((fields) => fields.map((field) => field.value));

async function writes({ page, scripts, suits }) {
  await page.goto('/challenges');
  await page.getByRole('link', { name: 'New challenge' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Autumn roast');
  await page.getByRole('textbox', { name: 'Step' }).first().fill('Rate a coffee');
  await page.getByLabel('What has to happen').first().fill('rate_coffee');
  await page.getByRole('button', { name: 'Add a step' }).click();
  await page.waitForURL('**/challenges/new#steps');
  assert.deepEqual(await titles(page), ['Rate a coffee', ''], 'what was typed stays');
  await page.getByRole('textbox', { name: 'Step' }).nth(1).fill('Visit a shop');
  await page.getByLabel('What has to happen').nth(1).fill('visit_shop');
  await suits(page, 'the editor of a challenge');
  await page.locator('button[name=up]').nth(1).click();
  await page.waitForFunction(() => document.querySelector('input[name=step_title]').value === 'Visit a shop');
  if (scripts) {
    // Moved without asking the server, and told; dragged by its handle back, and up again.
    await page.getByRole('status').filter({ hasText: 'Visit a shop: moved' }).waitFor();
    const handles = page.locator('.handle');
    await handles.nth(0).dragTo(page.locator('.order > li').nth(1), { targetPosition: { x: 20, y: 120 } });
    assert.deepEqual(await titles(page), ['Rate a coffee', 'Visit a shop']);
    await handles.nth(1).dragTo(page.locator('.order > li').nth(0), { targetPosition: { x: 20, y: 5 } });
  }
  assert.deepEqual(await titles(page), ['Visit a shop', 'Rate a coffee']);
  await page.getByLabel('Each step waits for the one before it').check();
  await page.getByRole('button', { name: 'Add a reward' }).click();
  await page.waitForURL('**/challenges/new#rewards');
  await page.getByLabel('Name of the reward').fill('Tasting set');
  await page.getByLabel('How many there are').fill('20');
  await page.getByRole('button', { name: 'Make the challenge' }).first().click();
  await page.getByText('The challenge is made.').waitFor();
}

async function publishes({ page, suits }) {
  await page.getByText('Nobody takes part yet').waitFor();
  await page.getByRole('button', { name: 'Publish' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish this challenge?' });
  await dialog.getByText('The first 20 who complete it receive Tasting set.').waitFor();
  await suits(page, 'a challenge about to be published');
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await page.getByText('The challenge is published.').waitFor();
}

// By hand: somebody joins it and completes its steps on the page of the user.
async function takesPart({ page, suits }, user) {
  await page.goto(`/users/${user.id}`);
  await page.getByLabel('Join a challenge').selectOption({ label: 'Autumn roast' });
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await page.getByText('The user has joined the challenge.').waitFor();
  await suits(page, 'a user who takes part in a challenge');
  for (const step of ['Visit a shop (visit_shop)', 'Rate a coffee (rate_coffee)']) {
    await page.getByRole('button', { name: `Record step: ${step} of Autumn roast` }).click();
    await page.getByText('The step is recorded.').waitFor();
    await page.getByRole('button', { name: `Record step: ${step} of Autumn roast` }).waitFor({ state: 'detached' });
  }
}

async function follows({ page, service, suits }) {
  const { items } = await service.ask('GET', '/v1/users?limit=3');
  const [anna, ben] = items;
  await takesPart({ page, suits }, anna);
  await service.ask('POST', `/v1/users/${ben.id}/challenges/autumn_roast/join`);
  await service.ask('GET', '/v1/users?count=only&settled=true');
  await page.goto('/challenges/autumn_roast');
  const drawn = page.getByRole('img', { name: 'Joined: 2; Visit a shop: 1; Rate a coffee: 1; Completed: 1' });
  await drawn.waitFor();
  const row = page.getByRole('row', { name: /^Rate a coffee/ });
  assert.deepEqual((await row.getByRole('cell').allTextContents()).map((cell) => cell.trim()), ['rate_coffee', '1', '1', '50 %']);
  await page.getByText('1 given, limit 20').waitFor();
  await suits(page, 'a challenge with its funnel');
  await page.getByRole('link', { name: 'The 2 users who take part' }).click();
  await page.waitForURL('**/users?challenge=autumn_roast');
  assert.equal(await page.locator('tbody tr').count(), 2);
}

async function ends({ page, suits }) {
  await page.goto('/challenges/autumn_roast');
  await page.getByRole('button', { name: 'End', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'End this challenge?' });
  await dialog.getByText('1 user has joined it, has not completed it').waitFor();
  await suits(page, 'a challenge about to be ended');
  await dialog.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByText('The challenge is ended.').waitFor();
  await page.goto('/challenges');
  await page.getByRole('row', { name: /Autumn roast.*Ended/ }).waitFor();
}

for (const scripts of [true, false]) {
  const suits = scripts ? suitsEverybody : async () => {};
  const how = scripts ? '' : ', without scripts';
  journey(`a challenge is written, published, completed and ended${how}`, { demo: true, scripts }, async (looking) => {
    const given = { ...looking, scripts, suits };
    await writes(given);
    await publishes(given);
    await follows(given);
    await ends(given);
  });
}

journey('an address where there is nothing is a page', { demo: true, refusals: true }, async ({ page }) => {
  const answer = await page.goto('/nothing-here');
  assert.equal(answer.status(), 404);
  await suitsEverybody(page, 'nothing at an address');
  await page.getByRole('link', { name: 'Go to Users' }).click();
  await page.waitForURL('**/users');
});
