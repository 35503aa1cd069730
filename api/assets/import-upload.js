// Sends a chosen or dropped file as it is, says how far it is, and leads to its import. Without scripts the form sends it.
export default function upload(form) {
  const input = form.querySelector('input[type="file"]');
  const [sent, drop, button, stop] = ['[data-sent]', '[data-drop]', 'button:not([type])', '[data-stop]'].map((found) => form.querySelector(found));
  const [told, fault, bar] = ['[role="status"]', '[role="alert"]', 'progress'].map((found) => form.querySelector(found));
  let request;

  const wait = (waits) => {
    sent.hidden = !waits;
    button.hidden = waits;
    input.disabled = waits;
  };
  const refuse = (text) => {
    wait(false);
    input.value = '';
    fault.textContent = text;
  };
  const answered = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch { /* said below */ }
    if (request.status === 201) location.assign(`/imports/${encodeURIComponent(answer.id)}`);
    else refuse([answer.title, answer.detail].filter(Boolean).join(': ') || form.dataset.failed);
  };
  const send = (file) => {
    fault.textContent = '';
    if (file.size > Number(form.dataset.bytesMax)) return refuse(form.dataset.tooLarge);
    wait(true);
    bar.value = 0;
    told.textContent = form.dataset.sending;
    request = new XMLHttpRequest();
    request.open('POST', `/v1/imports?filename=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('content-type', 'text/csv');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    };
    request.upload.onload = () => {
      bar.removeAttribute('value');
      told.textContent = form.dataset.reading;
    };
    request.onload = answered;
    request.onerror = () => refuse(form.dataset.failed);
    request.onabort = () => refuse('');
    request.send(file);
  };

  drop.hidden = false;
  stop.addEventListener('click', () => request?.abort());
  input.addEventListener('change', () => input.files[0] && send(input.files[0]));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (input.files[0]) send(input.files[0]);
  });
  for (const name of ['dragover', 'dragleave', 'drop']) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle('over', name === 'dragover');
      const file = name === 'drop' && sent.hidden && event.dataTransfer.files[0];
      if (file) send(file);
    });
  }
}
