// Checks a mapping by itself after each change: sends the form, and puts what came of it where it stands on the page. One at
// a time: what is changed meanwhile is sent once the answer is here.
const WAIT = 300;

export default function check(form) {
  const told = document.getElementById('check-told');
  const outcome = () => document.getElementById('outcome');
  let going = false;
  let again = false;
  let timer;

  const busy = (is) => {
    outcome().setAttribute('aria-busy', String(is));
    told.classList.remove('unseen');
    for (const button of outcome().querySelectorAll('button')) button.disabled = is;
  };
  const run = async () => {
    if (going) {
      again = true;
      return;
    }
    going = true;
    told.textContent = form.dataset.checking;
    busy(true);
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.getAttribute('action'), { method: 'POST', body });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.getElementById('outcome');
      if (!next) return location.reload();
      outcome().replaceWith(document.adoptNode(next));
      told.textContent = outcome().dataset.told;
      told.classList.add('unseen'); // it stands in the outcome too
    } catch {
      busy(false);
      told.textContent = form.dataset.failed;
    } finally {
      going = false;
      if (again) {
        again = false;
        run();
      }
    }
  };

  form.addEventListener('change', () => {
    clearTimeout(timer);
    timer = setTimeout(run, WAIT);
  });
  if ('checkNow' in form.dataset) run();
}
