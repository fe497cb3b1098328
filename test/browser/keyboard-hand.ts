import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import type { Doing } from './counting-hand.ts';

/** Whether there is a ring around what has the focus, or around the field that it is the inside of. */
const shownFocus = `[document.activeElement, document.activeElement.parentElement].some((element) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
})`;

const isFocused = (target: Locator) =>
  target.evaluateAll((elements) =>
    elements.some((element) => element === element.ownerDocument.activeElement),
  );

/** A person without a mouse, by the Tab key: what it does not reach, a person without a mouse does not either, and what shows no focus is not found. */
export function createKeyboard(page: Page): Doing {
  const tabTo = async (target: Locator): Promise<void> => {
    await target.first().waitFor();
    for (let presses = 0; presses < 150; presses++) {
      if (await isFocused(target)) {
        expect([String(target), await page.evaluate(shownFocus)]).toEqual([String(target), true]);
        return;
      }
      await page.keyboard.press('Tab');
    }
    throw new Error(`The Tab key does not reach ${target}.`);
  };
  const arrowTo = async (target: Locator): Promise<void> => {
    for (let presses = 0; presses < 20; presses++) {
      if (await isFocused(target)) return;
      await page.keyboard.press('ArrowDown');
    }
    throw new Error(`The arrow keys do not reach ${target}.`);
  };
  return {
    /** Presses a button or link, ticks a box, or takes an entry of a menu. */
    async click(target) {
      const first = target.first();
      await first.waitFor();
      const isEntry = (await first.getAttribute('role')) === 'menuitem';
      await (isEntry ? arrowTo(target) : tabTo(target));
      const isBox = await first.evaluate((element) => element.matches('[type=checkbox], [type=radio]'));
      await page.keyboard.press(isBox ? 'Space' : 'Enter');
    },
    async type(field, text) {
      await tabTo(field);
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(text);
    },
  };
}
