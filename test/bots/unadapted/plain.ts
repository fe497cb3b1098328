import { between } from '../chance.ts';
import type { Stage } from '../stage.ts';
import { drawTasks } from '../tasks.ts';

/** A test script as most are written: `click` and `fill`, with the waits of a page that loads between two steps. */
export async function plain({ page, random, left, pause }: Stage): Promise<void> {
  while (left() > 0) {
    for (const task of drawTasks(random, { fields: 3, choices: 3 })) {
      if (task.is === 'type') await page.fill(`#${task.id}`, task.text);
      else await page.click(`#${task.id}`);
      await pause(between(random, 30, 250));
    }
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await pause(between(random, 100, 400));
    await page.evaluate('scrollTo(0, 0)');
  }
}
