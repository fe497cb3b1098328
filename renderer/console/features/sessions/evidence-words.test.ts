import { expect, test } from 'vitest';
import { againstKeys, detailStrings, detailsText, findingKeys } from './evidence-words.ts';
import { sessionStrings } from './strings.ts';

test('a finding has a name in words, and a newer one keeps its own', () => {
  expect(findingKeys('continuity')).toEqual({ main: 'kind.continuity' });
  expect(findingKeys('head:turn-left')).toEqual({ main: 'kind.head', of: 'step.turn-left' });
  expect(findingKeys('step:somersault')).toBeUndefined();
  expect(findingKeys('aura')).toBeUndefined();
});

test('every kind of finding and every step has a name', () => {
  for (const kind of [
    'pad',
    'motion',
    'continuity',
    'times',
    'color',
    'camera',
    'movement',
    'replay',
    'behavior',
    'morph',
  ])
    expect(findingKeys(kind)).toEqual({ main: `kind.${kind}` });
  for (const kind of Object.keys(sessionStrings.en).filter((one) => one.startsWith('kind.')))
    expect(sessionStrings.de).toHaveProperty([kind.replace('kind.', 'against.')]);
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
  for (const step of steps)
    expect(findingKeys(`step:${step}`)).toEqual({ main: 'kind.step', of: `step.${step}` });
  for (const flag of [
    ...['spoof-suspected', 'duplicate-identity', 'replayed-frames', 'virtual-camera', 'reduced-challenge'],
    ...['automation-suspected', 'morph-suspected'],
  ])
    expect(sessionStrings.en).toHaveProperty([`flag.${flag}`]);
});

test('what spoke against an attempt has one sentence a kind', () => {
  const details = {};
  expect(
    againstKeys([
      { kind: 'head:turn-left', passed: false, details },
      { kind: 'head:turn-right', passed: true, strength: 0.2, details },
      { kind: 'pad', passed: true, strength: 0.9, details },
      { kind: 'continuity', passed: true, strength: 0.5, details },
      { kind: 'times', details },
      { kind: 'camera', details: { suspect: true } },
      { kind: 'aura', passed: false, details },
      { kind: 'weighing', passed: false, details: { depthRatio: 0.4, constancyRatio: -1.2 } },
    ]),
  ).toEqual(['against.head', 'against.camera', 'against.weighing', 'against.constancy']);
});

test('attack detection, which is weighed too, is said once', () => {
  const keys = againstKeys([
    { kind: 'weighing', passed: false, details: { presentationRatio: -1.4 } },
    { kind: 'pad', passed: false, details: {} },
  ]);
  const said = keys.map((key) => sessionStrings.en[key]);
  expect(said).toEqual([...new Set(said)]);
  expect(said).toHaveLength(2);
});

test('figures are rounded as the locale writes them, lists are written out, and all of it is in the language of the reader', () => {
  const details = {
    framesPerSecond: 12.34567,
    frames: 1200,
    against: ['puppet', 'recapture'],
    suspect: true,
    motionless: false,
    signal: 'virtual-camera',
    labels: ['OBS Virtual Camera'],
    hairLength: 3,
  };
  expect(detailsText(details, 'en')).toBe(
    'frames a second 12.346, frames 1,200, likeliest attack animated picture screen or print before the camera, suspect yes, as still as a photograph no, ' +
      'signal virtual camera, name OBS Virtual Camera, hair length 3',
  );
  expect(detailsText(details, 'de')).toBe(
    'Bilder je Sekunde 12,346, Bilder 1.200, wahrscheinlichster Angriff bewegtes Bild Bildschirm oder Druck vor der Kamera, verdächtig ja, still wie ein Foto nein, ' +
      'Zeichen virtuelle Kamera, Name OBS Virtual Camera, hair length 3',
  );
});

test('a measure that could not be taken has no number, not the word null', () => {
  expect(detailsText({ constancy: null, frames: 4 }, 'en')).toBe('constancy of the skin –, frames 4');
});

test('what the judge names has a word', () => {
  const named = [
    ...[
      'ms',
      'frames',
      'correlation',
      'change',
      'parallax',
      'depth',
      'flattening',
      'rigidResidual',
      'constancy',
      'mobility',
      'likeness',
      'presentation',
    ],
    ...['ratio', 'sure', 'undecided', 'against'],
    ...['set', 'live', 'threshold', 'index', 'motionless', 'samples', 'repeated', 'framesPerSecond'],
    ...[
      'scorer',
      'least',
      'limit',
      'limitFrom',
      'leastOfNeighbours',
      'neighbourLimit',
      'doubtful',
      'identity',
    ],
    ...[
      'suspect',
      'signal',
      'labels',
      'cameras',
      'sizes',
      'stretches',
      'longStretches',
      'longRepeated',
      'session',
      'attempt',
      'people',
    ],
  ];
  for (const name of named) expect(detailStrings.de, name).toHaveProperty([name]);
});
