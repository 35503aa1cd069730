// A part of the page that is not known yet: the page is asked for again until it is, less and less often.
const FIRST = 500;
const TRIES = 30;

// Whoever was on a link in it is on the same one afterwards, or on the first where that is gone.
function show(part, now) {
  const held = part.contains(document.activeElement) && part !== document.activeElement;
  const was = document.activeElement?.getAttribute('href');
  part.replaceChildren(...now.childNodes);
  const links = [...part.querySelectorAll('a')];
  if (held) (links.find((link) => link.getAttribute('href') === was) ?? links[0])?.focus();
}

export default function again(part) {
  let left = TRIES;
  let pause = FIRST;
  const look = async () => {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const now = page.getElementById(part.id);
    if (!answer.ok || !now) return;
    if (!now.dataset.module) {
      show(part, now);
      return;
    }
    pause *= 1.5;
    left -= 1;
    if (left > 0) setTimeout(() => look().catch(console.error), pause);
  };
  setTimeout(() => look().catch(console.error), pause);
}
