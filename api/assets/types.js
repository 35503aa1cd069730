// A list of types of event: found by a part of their name, all of those found ticked, or none. A form that cares hears of it.
export default function types(form) {
  const tools = form.querySelector('[data-tools]');
  if (!tools) return;
  const lines = [...form.querySelectorAll('.ticks > li')];
  const select = (ticked) => () => {
    for (const line of lines) if (!line.hidden) line.querySelector('input').checked = ticked;
    form.dispatchEvent(new Event('export-changed'));
  };
  tools.hidden = false;
  tools.querySelector('[data-all]').addEventListener('click', select(true));
  tools.querySelector('[data-none]').addEventListener('click', select(false));
  const find = tools.querySelector('input');
  find.addEventListener('input', () => {
    const wanted = find.value.trim().toLowerCase();
    for (const line of lines) line.hidden = !line.textContent.toLowerCase().includes(wanted);
  });
  find.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault();
  });
}
