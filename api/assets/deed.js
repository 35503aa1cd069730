// What is done to many users: who chooses or types beside a button means that one, and what is ticked wants its own fields.
export default function deed(form) {
  const buttons = [...form.querySelectorAll('input[name=action]')];
  const of = (element) => element.closest('.line');
  const settle = () => {
    for (const button of buttons) {
      button.required = true;
      const select = of(button)?.querySelector('select');
      if (select) select.required = button.checked;
    }
  };
  form.addEventListener('input', ({ target }) => {
    const button = of(target)?.querySelector('input[name=action]');
    if (button && target !== button && target.value !== '') button.checked = true;
    settle();
  });
  settle();
}
