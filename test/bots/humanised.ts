import { between, type Random } from './chance.ts';
import type { Hands } from './hands.ts';
import type { Mover } from './movers/mover.ts';
import type { Stage } from './stage.ts';
import { drawTasks } from './tasks.ts';

/** Moves with the mover, waits before it presses, and types key by key with the hands, keys overlapping where they do. */
export const humanised =
  (mover: Mover, handsOf: (random: Random) => Hands) =>
  async (stage: Stage): Promise<void> => {
    const { random, left, pause, boxOf, pointer } = stage;
    const hands = handsOf(random);
    Object.assign(pointer.at, { x: between(random, 200, 1000), y: between(random, 100, 600) });
    while (left() > 0)
      for (const task of drawTasks(random, { fields: 2, choices: 5 })) {
        if (left() < 0) return;
        await pause(between(random, 200, 900));
        await pointer.follow(mover(pointer.at, await boxOf(task.id), random));
        await pause(between(random, 40, 180));
        await pointer.press(hands.press());
        if (task.is !== 'type') continue;
        await pause(between(random, 200, 600));
        await typeText(task.text, hands, stage);
      }
  };

async function typeText(text: string, hands: Hands, { keyboard, pause }: Stage): Promise<void> {
  const released: Promise<void>[] = [];
  for (const key of text) {
    await keyboard.down(key);
    const hold = hands.hold();
    released.push(pause(hold).then(() => keyboard.up(key)));
    // The same key cannot be pressed again before it is released.
    await pause(Math.max(hands.gap(), text.includes(key + key) ? hold + 15 : 0));
  }
  await Promise.all(released);
}
