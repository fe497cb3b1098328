import { expect, test } from 'vitest';
import { stepAfter, stepBefore, stepsLeft, stepToGoOn } from './steps.ts';

test('the assistant goes on at what was never reached, then at what was put off', () => {
  expect([
    stepToGoOn({}),
    stepToGoOn({ name: 'later', factor: 'done' }),
    stepToGoOn({
      name: 'later',
      factor: 'done',
      'attack-detection': 'done',
      consent: 'later',
      destinations: 'done',
      keys: 'done',
    }),
    stepToGoOn(Object.fromEntries(stepsLeft({}).map((step) => [step, 'done']))),
  ]).toEqual(['name', 'attack-detection', 'name', 'first-person']);
});

test('each step has one after it, and all but the first one before it', () => {
  expect([stepAfter('name'), stepAfter('keys'), stepBefore('name'), stepBefore('first-person')]).toEqual([
    'factor',
    'first-person',
    undefined,
    'keys',
  ]);
});
