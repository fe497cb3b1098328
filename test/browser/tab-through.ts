import type { Page } from 'playwright';

/** Marks what the Tab key has to reach: of a dialog alone, where one is open. */
const mark = `(() => {
  const dialogs = [...document.querySelectorAll('[role=dialog]')].filter((one) => one.checkVisibility());
  const within = dialogs.at(-1) ?? document;
  const groups = new Set();
  let marks = 0;
  for (const one of within.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) {
    if (one.matches(':disabled, [tabindex="-1"], [type=hidden]') || one.closest('[inert]')) continue;
    if (!one.checkVisibility({ visibilityProperty: true })) continue;
    // Of a group of choices the Tab key reaches one.
    if (one.type === 'radio') {
      const group = one.name || one.closest('fieldset, [role=radiogroup]');
      if (groups.has(group)) continue;
      groups.add(group);
      const chosen = one.name ? within.querySelector('input[type=radio]:checked[name="' + CSS.escape(one.name) + '"]') : null;
      (chosen ?? one).dataset.tab = String(marks++);
    } else one.dataset.tab = String(marks++);
  }
  // A dialog keeps the focus that is in it.
  if (dialogs.length === 0) document.activeElement?.blur();
  getSelection()?.removeAllRanges();
  return marks;
})()`;

/** Of what has the focus: its mark, a name for it, whether it shows that it has the focus, and whether it can be seen. */
const state = `(() => {
  const one = document.activeElement;
  if (one === null || one === document.body || one === document.documentElement) return null;
  const shows = [one, one.parentElement, one.nextElementSibling, one.closest('label')].some((element) => {
    if (!element) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  });
  const { left, right, top, bottom } = one.getBoundingClientRect();
  const [x0, x1, y0, y1] = [Math.max(left, 0), Math.min(right, innerWidth), Math.max(top, 0), Math.min(bottom, innerHeight)];
  const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
  const seen = right - left < 2 || points.some(([x, y]) => {
    const there = document.elementFromPoint(x0 + (x1 - x0) * x, y0 + (y1 - y0) * y);
    return there !== null && (one.contains(there) || there.contains(one) || there.closest('label')?.contains(one));
  });
  return { mark: one.dataset.tab, name: one.outerHTML.slice(0, 140), shows, seen };
})()`;

const left = (marks: readonly string[]) => `[...document.querySelectorAll('[data-tab]')]
  .filter((one) => !${JSON.stringify(marks)}.includes(one.dataset.tab) && one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.outerHTML.slice(0, 140))`;

interface Focus {
  mark?: string;
  name: string;
  shows: boolean;
  seen: boolean;
}

/** By the Tab key through the whole page: what it does not reach, what shows no focus, and what is covered while it has the focus. */
export async function tabThrough(page: Page): Promise<string[]> {
  // The Tab key closes a menu.
  if (await page.getByRole('menu').isVisible()) return [];
  const marks = Number(await page.evaluate(mark));
  const reached: string[] = [];
  const faults: string[] = [];
  // It begins where was clicked last, and from the end of the page it goes on at its beginning.
  for (let presses = 0, ends = 0; presses < marks + 40 && ends < 3; presses++) {
    await page.keyboard.press('Tab');
    const now = (await page.evaluate(state)) as Focus | null;
    if (now === null) {
      ends++;
      continue;
    }
    // A date has a stop for each of its parts.
    if (now.mark !== undefined && now.mark === reached.at(-1)) continue;
    if (now.mark !== undefined && reached.includes(now.mark)) break;
    if (now.mark !== undefined) reached.push(now.mark);
    if (!now.shows) faults.push(`shows no focus: ${now.name}`);
    if (!now.seen) faults.push(`is covered while it has the focus: ${now.name}`);
  }
  for (const name of (await page.evaluate(left(reached))) as string[])
    faults.push(`is not reached by the Tab key: ${name}`);
  return faults;
}
