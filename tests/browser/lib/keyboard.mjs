// The keyboard as somebody without a mouse uses it.

// Presses Tab until what it is at is called so, or complains.
export async function tabsTo(page, name) {
  for (let presses = 0; presses < 120; presses += 1) {
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element.labels?.[0]?.innerText;
      return (element.getAttribute('aria-label') ?? label ?? element.innerText ?? '').trim();
    });
    if (at === name || (name instanceof RegExp && name.test(at))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${name}`);
}
