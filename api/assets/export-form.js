// The form for an export: counts by itself as it changes, finds types of event, selects all or none of them.
import types from './types.js';

const PAUSE = 500;

export default function (form) {
  counting(form);
  types(form);
}

function counting(form) {
  const shown = form.querySelector('#export-count');
  const { formAction } = form.querySelector('[formaction]');
  let timer;
  let asking;
  const count = async () => {
    asking?.abort();
    // A past moment is replayed first, which takes long: it is counted when asked, and no other count stands meanwhile.
    const past = form.elements.as_of.value || form.elements.as_of_time.value;
    if (past && form.elements.content.value !== 'user_events') {
      const told = document.createElement('p');
      told.textContent = shown.dataset.past;
      shown.replaceChildren(told);
      return;
    }
    asking = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(formAction, { method: 'POST', body, signal: asking.signal });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const said = page.querySelector('.refused') ?? page.querySelector('#export-count');
    if (said) shown.replaceChildren(...said.childNodes);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => count().catch((error) => error.name === 'AbortError' || console.error(error)), PAUSE);
  };
  form.addEventListener('input', ({ target }) => {
    if (target.name && target.name !== 'reason') soon();
  });
  form.addEventListener('export-changed', soon);
  soon();
}
