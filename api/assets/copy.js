// A field to copy from: shows its button, which copies what the field holds and says so.
export default function copy(element) {
  const [field, button] = [element.querySelector('input'), element.querySelector('button')];
  if (!field || !button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.setAttribute('aria-pressed', 'true');
  });
}
