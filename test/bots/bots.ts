import type { Random } from './chance.ts';
import { constantHands, type Hands, humanHands, uniformHands } from './hands.ts';
import { humanised } from './humanised.ts';
import { adaptive } from './movers/adaptive.ts';
import { bezier } from './movers/bezier.ts';
import { ease } from './movers/ease.ts';
import { ghost } from './movers/ghost.ts';
import { minimumJerk } from './movers/minimum-jerk.ts';
import type { Mover } from './movers/mover.ts';
import { windmouse } from './movers/windmouse.ts';
import type { Stage } from './stage.ts';
import { plain } from './unadapted/plain.ts';
import { steps } from './unadapted/steps.ts';
import { typed } from './unadapted/typed.ts';
import { vision } from './unadapted/vision.ts';

export interface Bot {
  name: string;
  /** Makes no effort to hide, imitates a hand, or plays a person's movements again. */
  kind: 'unadapted' | 'humanised' | 'replay';
  about: string;
  /** Of one session; it ends soon after. */
  lastsMs: number;
  run(stage: Stage): Promise<void>;
}

const unadapted = (name: string, about: string, lastsMs: number, run: Bot['run']): Bot => ({
  name,
  kind: 'unadapted',
  about,
  lastsMs,
  run,
});
const imitator = (name: string, about: string, mover: Mover, hands: (random: Random) => Hands): Bot => ({
  name,
  kind: 'humanised',
  about,
  lastsMs: 32_000,
  run: humanised(mover, hands),
});

export const bots: readonly Bot[] = [
  unadapted('plain', '`click` and `fill`', 3_000, plain),
  unadapted('type', '`click` and `pressSequentially` without delay', 3_000, typed(false)),
  unadapted('delay', '`click` and `pressSequentially` with a constant delay', 6_500, typed(true)),
  unadapted('steps', '`mouse.move` in equal steps to the middle, typing without delay', 5_000, steps),
  unadapted('vision', 'screenshot, thought, jump, click, `insertText`', 21_000, vision(false)),
  unadapted(
    'vision-type',
    'screenshot, thought, jump, held click, typing with a constant delay',
    21_000,
    vision(true),
  ),
  imitator('ease', 'straight line with easing, constant delays', ease, constantHands),
  imitator('bezier', 'one cubic curve with a smooth start and end, human holds', bezier, humanHands),
  imitator('windmouse', 'WindMouse, human holds', windmouse, humanHands),
  imitator('ghost', 'after ghost-cursor: curves to one side, overshoot; uniform delays', ghost, uniformHands),
  imitator('minimum-jerk', 'minimum jerk, corrections, tremor, human holds', minimumJerk, humanHands),
  imitator(
    'adaptive',
    'minimum jerk with drift, broken-off movements, varied effort, human holds',
    adaptive,
    humanHands,
  ),
];

/**
 * The last seed of which two of three are for training. Replays of people are never trained on: they teach a model that people are bots
 * (BEHAVIOR.md §1.5).
 */
const LAST_IN_TRAINING = { unadapted: 50, humanised: 30, replay: 0 };
const kinds = new Map(bots.map(({ name, kind }) => [name, kind]));

/** Whether weights are trained on that session of the bot; the others measure. */
export function isForTraining(name: string, seed: number): boolean {
  const kind = kinds.get(name);
  return kind !== undefined && seed <= LAST_IN_TRAINING[kind] && seed % 3 !== 0;
}
