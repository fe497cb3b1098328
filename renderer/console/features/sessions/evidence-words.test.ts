import { expect, test } from 'vitest';
import { detailsText, findingKeys } from './evidence-words.ts';
import { sessionStrings } from './strings.ts';

test('a finding has a name in words, and a newer one keeps its own', () => {
  expect(findingKeys('continuity')).toEqual({ main: 'kind.continuity' });
  expect(findingKeys('head:turn-left')).toEqual({ main: 'kind.head', of: 'step.turn-left' });
  expect(findingKeys('step:somersault')).toBeUndefined();
  expect(findingKeys('aura')).toBeUndefined();
});

test('every kind of finding and every step has a name', () => {
  for (const kind of ['pad', 'motion', 'continuity', 'times', 'color', 'camera'])
    expect(findingKeys(kind), kind).toBeDefined();
  const steps = [
    ...[
      'hold-still',
      'turn-left',
      'turn-right',
      'look-up',
      'look-down',
      'come-closer',
      'blink',
      'color-flash',
    ],
  ];
  for (const step of steps) expect(findingKeys(`step:${step}`), step).toBeDefined();
  for (const flag of [
    ...['spoof-suspected', 'duplicate-identity', 'replayed-frames', 'virtual-camera', 'reduced-challenge'],
  ])
    expect(sessionStrings.en).toHaveProperty([`flag.${flag}`]);
});

test('figures are rounded, and lists are written out', () => {
  expect(detailsText({ framesPerSecond: 12.34567, faults: ['FLAT', 'BENT'], suspect: true })).toBe(
    'frames per second 12.346, faults FLAT BENT, suspect yes',
  );
});
