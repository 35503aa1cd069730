// Long work as it goes: an element with data-watch names a stream of progress; its parts say which number they show. When the
// work has ended, the page is asked for anew and says how.
const AT_WORK = ['queued', 'running', 'reverting', 'checking'];

export default function watch(element) {
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const bar = element.querySelector('progress');
  const left = element.querySelector('[data-left]');
  const source = new EventSource(element.dataset.watch);
  source.addEventListener('progress', (event) => {
    const told = JSON.parse(event.data);
    for (const part of element.querySelectorAll('[data-of]')) {
      const value = told[part.dataset.of];
      if (typeof value === 'number') part.textContent = numbers.format(value);
    }
    if (bar && told.matched) { bar.max = told.matched; bar.value = told.done; }
    if (left) left.textContent = told.seconds_left == null ? '' : left.dataset.words.replace('{seconds}', numbers.format(told.seconds_left));
    if (!AT_WORK.includes(told.state)) {
      source.close();
      location.reload();
    }
  });
  // A stream that ends before the work does is asked for again by the browser itself.
}
