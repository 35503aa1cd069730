// One box that ticks all others of its form, and says how many are ticked.
export default function ticks(form) {
  const all = form.querySelector('[data-all]');
  const boxes = [...form.querySelectorAll('tbody input[type=checkbox]')];
  const buttons = form.querySelectorAll('[data-ticked]');
  const told = form.querySelector('[data-count]');
  const settle = () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    for (const button of buttons) button.disabled = count === 0;
    if (told) told.textContent = count ? String(count) : '';
  };
  all.hidden = false;
  all.addEventListener('change', () => { for (const box of boxes) box.checked = all.checked; settle(); });
  for (const box of boxes) box.addEventListener('change', settle);
  settle();
}
