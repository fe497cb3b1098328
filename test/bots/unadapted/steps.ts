import { between } from '../chance.ts';
import type { Stage } from '../stage.ts';
import { drawTasks } from '../tasks.ts';

/** `mouse.move` in equal steps on the straight line to the middle, then a click and typing without delay. */
export async function steps({ page, random, left, pause, boxOf }: Stage): Promise<void> {
  while (left() > 0)
    for (const task of drawTasks(random, { fields: 2, choices: 5 })) {
      const { x, y, width, height } = await boxOf(task.id);
      await page.mouse.move(x + width / 2, y + height / 2, { steps: Math.round(between(random, 15, 40)) });
      await page.mouse.down();
      await page.mouse.up();
      if (task.is === 'type') await page.keyboard.type(task.text);
      await pause(between(random, 160, 400));
    }
}
