// What is done with something as it is saved is not offered while its form holds what is not.
export default function (form) {
  form.addEventListener('input', () => {
    for (const part of document.querySelectorAll('[data-saved]')) part.hidden = true;
    for (const part of document.querySelectorAll('[data-unsaved]')) part.hidden = false;
  });
}
