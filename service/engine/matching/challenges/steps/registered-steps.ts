import { blink } from './blink.ts';
import { colorFlash } from './color-flash.ts';
import { comeCloser, holdStill, lookDown, lookUp, turnLeft, turnRight } from './movements.ts';
import type { Step } from './step.ts';

const steps = [
  holdStill,
  turnLeft,
  turnRight,
  lookUp,
  lookDown,
  comeCloser,
  blink,
  colorFlash,
] as const satisfies readonly Step[];

export type StepName = (typeof steps)[number]['name'];

/** Every step that a profile may name, in this order. */
export const stepNames = steps.map(({ name }) => name) as [StepName, ...StepName[]];

export const stepNamed = (name: StepName): Step => steps.find((step) => step.name === name)!;
