// Says how far an import is as it goes, and shows its report once it has ended.
const GOES_ON = ['queued', 'running', 'reverting'];
/** Screen readers are told this often, in milliseconds. */
const TOLD_EVERY = 2000;

const left = (seconds) => {
  const [count, unit] = seconds < 90 ? [seconds, 'second'] : [Math.round(seconds / 60), 'minute'];
  return new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
};

export default function progress(element) {
  const bar = element.querySelector('progress');
  const told = element.querySelector('[role="status"]');
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const source = new EventSource(element.dataset.progress);
  let last = 0;

  source.addEventListener('progress', (event) => {
    const now = JSON.parse(event.data);
    if (!GOES_ON.includes(now.state)) {
      source.close();
      location.reload();
      return;
    }
    bar.max = Math.max(now.rows, 1);
    bar.value = now.done;
    if (Date.now() - last < TOLD_EVERY) return;
    last = Date.now();
    const counts = { done: now.done, rows: now.rows, rejected: now.rejected };
    const words = [element.dataset.told.replace(/%(\w+)%/g, (_, name) => number.format(counts[name] ?? 0))];
    if (now.seconds_left !== null) words.push(element.dataset.left.replace('%left%', left(now.seconds_left)));
    told.textContent = words.join(', ');
  });
}
