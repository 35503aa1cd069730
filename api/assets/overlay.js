// A link that opens a page of ours as a dialog over this one. Its part with data-overlay is shown; forms inside lead on as
// they do on the page itself.
import { start } from './app.js';

export default function overlay(link) {
  link.addEventListener('click', async (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const answer = await fetch(link.href).catch(() => null);
    const page = answer?.ok && !answer.redirected
      ? new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-overlay]')
      : null;
    if (!page) {
      location.assign(link.href);
      return;
    }
    const dialog = document.createElement('dialog');
    dialog.className = 'dialog';
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'quiet close';
    close.textContent = '×';
    close.setAttribute('aria-label', document.querySelector('main').dataset.close);
    close.addEventListener('click', () => dialog.close());
    const part = document.adoptNode(page);
    const title = part.querySelector('h1');
    if (title) {
      title.id ||= 'overlay-title';
      dialog.setAttribute('aria-labelledby', title.id);
    }
    dialog.append(close, part);
    dialog.addEventListener('close', () => dialog.remove());
    for (const cancel of dialog.querySelectorAll('[data-cancel]')) {
      cancel.addEventListener('click', (click) => { click.preventDefault(); dialog.close(); });
    }
    document.body.append(dialog);
    dialog.showModal();
    start(dialog);
  });
}
