// Opens the form for an export over the page. Without it, or when that fails, its link leads to a page with the same form.
import { start } from './app.js';

export default function (link) {
  link.addEventListener('click', (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open(link).catch(() => location.assign(link.href));
  });
}

async function open(link) {
  if (document.querySelector('dialog[open]')) return;
  const answer = await fetch(link.href);
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const form = document.adoptNode(page.querySelector('form.export'));
  const title = document.createElement('h2');
  title.textContent = page.querySelector('h1').textContent;
  title.id = 'export-title';
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.append(title, form);
  dialog.addEventListener('close', () => dialog.remove());
  form.querySelector('[data-close]').addEventListener('click', (event) => {
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  start(dialog);
}
