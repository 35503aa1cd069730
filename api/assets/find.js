// A search field that hides rows as one types; without it, a button asks the server.
export default function find(form) {
  const field = form.querySelector('input[type=search]');
  const rows = form.querySelectorAll('[data-name]');
  for (const button of form.querySelectorAll('[data-scriptless]')) button.hidden = true;
  field.addEventListener('keydown', (event) => { if (event.key === 'Enter') event.preventDefault(); });
  field.addEventListener('input', () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.name.toLowerCase().includes(wanted);
  });
}
