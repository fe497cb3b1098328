import { between } from '../chance.ts';
import type { Stage } from '../stage.ts';
import { drawTasks } from '../tasks.ts';

/** `click` and `pressSequentially`, as fast as the browser takes them, or with a delay that the script's author chose once. */
export const typed =
  (delayed: boolean) =>
  async ({ page, random, left, pause }: Stage): Promise<void> => {
    const delays = delayed
      ? { key: Math.round(between(random, 40, 150)), click: Math.round(between(random, 40, 120)) }
      : { key: 0, click: 0 };
    while (left() > 0)
      for (const task of drawTasks(random, { fields: 3, choices: 3 })) {
        if (delayed && left() < 0) return;
        await page.click(`#${task.id}`, { delay: delays.click });
        if (task.is === 'type')
          await page.locator(`#${task.id}`).pressSequentially(task.text, { delay: delays.key });
        await pause(between(random, 30, 250));
      }
  };
