// The form of a filter: only the conditions that suit the property, and the field that suits the condition.
export default function (form) {
  const { add_property: property, add_operator: operator, add_value: value } = form.elements;
  const beside = [value.closest('.field'), form.querySelector('.hint')];
  const chosen = (select) => select.selectedOptions[0];
  const suit = () => {
    const kind = chosen(property)?.dataset.kind;
    for (const group of operator.querySelectorAll('optgroup')) {
      const suits = !kind || [kind, 'any'].includes(group.dataset.kind);
      group.hidden = group.disabled = !suits;
    }
    if (chosen(operator)?.parentElement.disabled) operator.value = '';
    const takes = chosen(operator)?.dataset.takes ?? 'text';
    for (const part of beside) part.hidden = takes === 'none';
    value.required = takes !== 'none';
    const type = takes === 'none' ? 'text' : takes;
    if (value.type === type) return;
    value.type = type;
    value.step = 'any';
    value.value = '';
  };
  property.addEventListener('change', suit);
  operator.addEventListener('change', suit);
  suit();
}
