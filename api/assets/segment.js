// The builder of a segment: its buttons work without the page being loaded again, and who would be in is counted as one types.
// What is shown is always what the server makes of the form.
const PAUSE = 400;

export default function segment(form) {
  const count = form.querySelector('#count');
  let asking;
  let timer;

  const typed = (button) => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set('do', button);
    return fields.toString();
  };

  // Asks what becomes of the form by a button. Who goes on typing meanwhile is asked about again, and loses nothing.
  const ask = async (button, whole) => {
    asking?.abort();
    clearTimeout(timer);
    asking = new AbortController();
    count.setAttribute('aria-busy', 'true');
    const body = typed(button);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await fetch(form.action, { method: 'POST', body, headers, signal: asking.signal });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!answer.ok || answer.redirected || !page.querySelector('#builder')) return form.submit();
    count.removeAttribute('aria-busy');
    if (typed(button) !== body) return ask(button, whole);
    if (whole) show(page);
    count.replaceChildren(...page.querySelector('#count').childNodes);
  };

  const show = (page) => {
    const before = document.activeElement?.id;
    form.querySelector('#builder').replaceWith(document.adoptNode(page.querySelector('#builder')));
    prepare();
    (form.querySelector('#builder [autofocus]') ?? (before ? document.getElementById(before) : null))?.focus();
  };

  // What is only for who has no scripts.
  const prepare = () => {
    for (const button of form.querySelectorAll('[data-scriptless]')) button.hidden = true;
  };

  // What is being mended is not called wrong any more; whether it is right is said when it is counted or saved.
  const mended = (target) => {
    const row = target.closest('.condition');
    row?.querySelector('.fault')?.remove();
    for (const field of row?.querySelectorAll('[aria-invalid]') ?? []) {
      field.removeAttribute('aria-invalid');
      field.removeAttribute('aria-describedby');
    }
  };

  const told = (error) => error.name === 'AbortError' || console.error(error);
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask('count', false).catch(told), PAUSE);
  };

  form.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (!button || button.value === 'save') return;
    event.preventDefault();
    ask(button.value, true).catch(told);
  });
  form.addEventListener('input', ({ target }) => {
    form.querySelector('#sure')?.remove();
    mended(target);
    if ('shapes' in target.dataset) ask('apply', true).catch(told);
    else if (target.closest('#builder')) soon();
  });
  prepare();
}
