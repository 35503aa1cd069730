// Rows that are moved by their buttons or dragged, without asking the server; the form sends them as they then stand.
export default function order(form) {
  const list = form.querySelector('.order');
  const told = form.querySelector('[data-told]');
  const name = (row) => row.querySelector('[role=group] input[type=text]')?.value || row.querySelector('label').textContent.trim();
  const settle = () => {
    const rows = [...list.children];
    rows.forEach((row, place) => {
      row.querySelector('[name=up]').disabled = place === 0;
      row.querySelector('[name=down]').disabled = place === rows.length - 1;
    });
  };
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button[name=up], button[name=down]');
    if (!button) return;
    event.preventDefault();
    const row = button.closest('li');
    const shown = [...list.children].filter((other) => !other.hidden);
    const other = shown[shown.indexOf(row) + (button.name === 'up' ? -1 : 1)];
    if (!other) return;
    if (button.name === 'up') other.before(row); else other.after(row);
    settle();
    (button.disabled ? row.querySelector('button:not(:disabled)') : button)?.focus();
    if (told) told.textContent = `${name(row)}: ${told.dataset.told}`;
  });
  let dragged = null;
  for (const row of list.children) {
    // Where text is selected inside a row, it is dragged by its handle.
    (row.querySelector('.handle') ?? row).draggable = true;
    row.addEventListener('dragstart', (event) => {
      dragged = row;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setDragImage(row, 0, 0);
    });
    row.addEventListener('dragend', () => { dragged = null; settle(); });
    row.addEventListener('dragover', (event) => {
      if (!dragged || dragged === row) return;
      event.preventDefault();
      const half = row.getBoundingClientRect();
      if (event.clientY < half.top + half.height / 2) row.before(dragged); else row.after(dragged);
    });
  }
}
