import { blink } from './blink.ts';
import { colorFlash } from './color-flash.ts';
import { comeCloser } from './come-closer.ts';
import { holdStill } from './hold-still.ts';
import { lookDown, lookUp } from './look.ts';
import type { Step } from './step.ts';
import { turnLeft, turnRight } from './turn.ts';

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
