// An export as it goes: the bar moves, the words follow, and the file is fetched once it is there. Without it, the page has a
// link that looks again, and one that fetches the file.
import { start } from './app.js';

const WORDS_EVERY = 2000;
const LOOKS = 10;
const open = (state) => state === 'queued' || state === 'running';

export default function (section) {
  const wanted = section.hasAttribute('data-fetch');
  if (section.dataset.state === 'completed' && wanted) return fetched();
  if (!open(section.dataset.state) || !section.querySelector('progress')) return;
  const events = new EventSource(section.dataset.progress);
  let told = Date.now();
  let polling;
  const ended = () => {
    events.close();
    clearInterval(polling);
    if (wanted) fetched();
  };
  events.addEventListener('progress', async ({ data }) => {
    const now = JSON.parse(data);
    const bar = section.querySelector('progress');
    if (now.rows_expected && bar) Object.assign(bar, { max: Math.max(now.rows_expected, 1), value: now.rows });
    if (open(now.state) && Date.now() - told < WORDS_EVERY) return;
    told = Date.now();
    if (!open(now.state)) events.close();
    if (!(await looked(section))) ended();
  });
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED || polling) return;
    polling = setInterval(async () => (await looked(section)) || ended(), WORDS_EVERY);
  });
}

// Brings the words of the page up to now; when the export has ended, all of it. Answers whether it goes on.
async function looked(section) {
  const answer = await fetch(location.pathname);
  if (!answer.ok || !section.isConnected) return section.isConnected;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.querySelector('#export');
  document.querySelector('#export-said').textContent = page.querySelector('#export-said').textContent;
  const [bar, now] = [section.querySelector('progress'), fresh.querySelector('progress')];
  if (open(fresh.dataset.state)) {
    if (bar && now?.hasAttribute('value')) Object.assign(bar, { max: now.max, value: now.value });
    return true;
  }
  const focused = section.contains(document.activeElement);
  section.replaceWith(document.adoptNode(fresh));
  start(fresh);
  if (focused) fresh.querySelector('a, button')?.focus();
  return false;
}

function fetched() {
  history.replaceState(null, '', location.pathname);
  document.querySelector('#export-file')?.click();
}

// A download is counted when it begins, of which the page does not hear: it looks a few times, until it is told another count.
async function recount() {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    await new Promise((done) => setTimeout(done, WORDS_EVERY / 4));
    const answer = await fetch(location.pathname);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [told, now] = [document, page].map((one) => one.querySelector('#export-downloads'));
    if (!told || !now) return;
    if (told.textContent === now.textContent) continue;
    told.textContent = now.textContent;
    return;
  }
}

document.addEventListener('click', ({ target }) => {
  if (target.closest('#export-file')) recount().catch((error) => console.error(error));
});
