import { between, normal } from '../chance.ts';
import type { Stage } from '../stage.ts';
import { drawTasks } from '../tasks.ts';

/**
 * The rhythm of an agent that looks at a screenshot, thinks, and acts once: a jump to a place near the middle, a click, text at once
 * (`insertText`) or typed with a constant delay and a click that is held. No model is asked: the waits are drawn.
 */
export const vision =
  (isTyped: boolean) =>
  async ({ page, random, left, pause, boxOf }: Stage): Promise<void> => {
    const delay = isTyped ? Math.round(between(random, 20, 60)) : 0;
    const think = (): Promise<void> => pause(between(random, 1100, 3200));
    while (left() > 0)
      for (const task of drawTasks(random, { fields: 3, choices: 2 })) {
        if (left() < 0) return;
        const { x, y, width, height } = await boxOf(task.id);
        await page.screenshot({ type: 'jpeg', quality: 40 });
        await think();
        await page.mouse.move(
          Math.round(x + width * (0.5 + 0.08 * normal(random))),
          Math.round(y + height * (0.5 + 0.08 * normal(random))),
        );
        await page.mouse.down();
        if (isTyped) await pause(between(random, 30, 90));
        await page.mouse.up();
        if (task.is !== 'type') continue;
        await think();
        if (isTyped) await page.keyboard.type(task.text, { delay });
        else await page.keyboard.insertText(task.text);
      }
  };
