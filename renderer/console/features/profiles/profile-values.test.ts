import { expect, test } from 'vitest';
import { changesBetween, loosened } from './changes.ts';
import { countriesOf, type Definition, definitionOf, fieldOf, valuesOf } from './profile-values.ts';
import { intervalOf, pointsOf, stepAt, stops } from './rate-curve.ts';

const rule = { enabled: true, weight: 0.3, threshold: 0.5, hardFail: false };
const definition: Definition = {
  name: 'Desk',
  maturity: 'custom',
  description: 'For the desk.',
  checks: {
    liveness: { ...rule, hardFail: true },
    frameConsistency: rule,
    impossibleTravel: rule,
    embeddingHistory: rule,
    deviceConsistency: rule,
    timeRestriction: rule,
    faceQuality: rule,
    geoFence: { ...rule, whenMissing: 'fail' },
  },
  minimumComposite: 0.25,
  models: { detector: 'blazeface', scorer: 'best', pad: 'required' },
  match: { falseMatchRate: 3e-4, falseIdentificationRate: 0.01 },
  refuseQuality: ['sharpness', 'headPose'],
};

test('what follows without motion is kept as the profile says it, and written where the form says otherwise', () => {
  const { challenge: _, ...absent } = definition;
  const of = (before: typeof definition, withoutMotion?: 'allow' | 'review' | 'refuse') => {
    const values = valuesOf(before);
    if (withoutMotion) values.challenge.withoutMotion = withoutMotion;
    return definitionOf(values, before).challenge;
  };
  expect(of(absent)).toBeUndefined();
  expect(of(absent, 'refuse')).toMatchObject({ count: 4, withoutMotion: 'refuse' });
  const named = { ...absent, challenge: { steps: ['turn-left' as const], count: 1 } };
  expect(of(named)).toEqual(named.challenge);
  expect(of(named, 'allow')).toEqual({ ...named.challenge, withoutMotion: 'allow' });
  const refused = { ...absent, challenge: { ...named.challenge, withoutMotion: 'refuse' as const } };
  expect(of(refused)).toEqual(refused.challenge);
  expect(of(refused, 'review')).toEqual({ ...named.challenge, withoutMotion: 'review' });
});

test('what follows a suspect camera is written where the form says otherwise', () => {
  const { challenge: _, ...absent } = definition;
  const values = valuesOf(absent);
  expect(values.challenge.suspectCamera).toBe('record');
  values.challenge.suspectCamera = 'review';
  const { challenge } = definitionOf(values, absent);
  expect(challenge).toMatchObject({ count: 4, suspectCamera: 'review' });
  expect(challenge).not.toHaveProperty('behavior');
  expect(definitionOf(valuesOf({ ...absent, challenge }), { ...absent, challenge }).challenge).toEqual(
    challenge,
  );
});

test('what follows undecided evidence, and where pictures may come from, are written where the form says otherwise', () => {
  const { challenge: _, ...absent } = definition;
  const values = valuesOf(absent);
  expect([values.capture, values.challenge.undecided]).toEqual(['any', 'refuse']);
  values.capture = 'kiosk';
  values.challenge.undecided = 'review';
  const changed = definitionOf(values, absent);
  expect(changed).toMatchObject({ capture: 'kiosk', challenge: { count: 4, undecided: 'review' } });
  expect(changesBetween(changed, definitionOf(valuesOf(changed), changed))).toEqual([]);
  const back = definitionOf({ ...valuesOf(changed), capture: 'any' }, changed);
  expect(back).toMatchObject({ capture: 'any', challenge: changed.challenge });
});

test('what the page of a live session collects is written where the form says otherwise, and nothing beside it', () => {
  const { challenge: _, ...absent } = definition;
  const values = valuesOf(absent);
  expect(values.challenge.behavior).toBe('off');
  values.challenge.behavior = 'record';
  const { challenge } = definitionOf(values, absent);
  expect(challenge).toMatchObject({ count: 4, behavior: 'record' });
  expect(challenge).not.toHaveProperty('withoutMotion');
  const again = valuesOf({ ...absent, challenge });
  expect(again.challenge.behavior).toBe('record');
  again.challenge.behavior = 'off';
  expect(definitionOf(again, { ...absent, challenge }).challenge).toMatchObject({ behavior: 'off' });
});

test('a form that nothing was changed in gives the definition it began with, also where "1 in …" rounds', () => {
  const full: Definition = {
    ...definition,
    models: {
      ...definition.models,
      supersededUntil: '2026-12-31',
      padSet: 'minifasnet-v2',
      livenessScale: 'apcer5',
    },
    match: { ...definition.match, holdsFor: 'every-group' },
    attempts: { delaySeconds: 60 },
    challenge: { steps: ['turn-left', 'blink'], count: 2 },
    geoFence: { countries: ['NO'] },
    timeRestriction: { days: [1, 2], from: '08:00', to: '17:30', timeZone: 'Europe/Oslo' },
  };
  const average = { ...definition, match: { ...definition.match, holdsFor: 'average' as const } };
  for (const one of [definition, average, full, { ...full, geoFence: { countries: [] }, attempts: {} }])
    expect(changesBetween(one, definitionOf(valuesOf(one), one))).toEqual([]);
});

test('a change is named by its path, with before and after; what is taken away is undefined', () => {
  const values = valuesOf({ ...definition, attempts: { delaySeconds: 60 } });
  values.checks.liveness.threshold = 0.45;
  values.checks.geoFence.whenMissing = '';
  values.oneIn = 1000;
  values.holdsFor = 'every-group';
  values.models.supersededUntil = '2026-12-31';
  values.attempts.delaySeconds = null;
  values.hours.on = true;
  values.hours.days = ['7', '6'];
  expect(changesBetween(definition, definitionOf(values, definition))).toEqual([
    { path: 'checks.liveness.threshold', before: 0.5, after: 0.45 },
    { path: 'checks.geoFence.whenMissing', before: 'fail', after: undefined },
    { path: 'match.falseMatchRate', before: 3e-4, after: 1e-3 },
    { path: 'models.supersededUntil', before: undefined, after: '2026-12-31' },
    { path: 'match.holdsFor', before: undefined, after: 'every-group' },
    { path: 'timeRestriction.days', before: undefined, after: '6, 7' },
    { path: 'timeRestriction.from', before: undefined, after: '08:00' },
    { path: 'timeRestriction.to', before: undefined, after: '18:00' },
  ]);
});

test('only what lets more pass is called looser', () => {
  const found = loosened([
    { path: 'checks.liveness.threshold', before: 0.5, after: 0.45 },
    { path: 'checks.liveness.threshold', before: 0.5, after: 0.6 },
    { path: 'checks.geoFence.hardFail', before: true, after: false },
    { path: 'match.falseMatchRate', before: 1e-4, after: 1e-5 },
    { path: 'match.falseMatchRate', before: 1e-4, after: 1e-3 },
    { path: 'match.holdsFor', before: undefined, after: 'every-group' },
    { path: 'match.holdsFor', before: 'every-group', after: 'average' },
    { path: 'models.supersededUntil', before: '2026-12-31', after: '2026-06-30' },
    { path: 'models.supersededUntil', before: '2026-12-31', after: undefined },
    { path: 'models.pad', before: 'required', after: 'where-installed' },
    { path: 'challenge.suspectCamera', before: undefined, after: 'review' },
    { path: 'challenge.suspectCamera', before: 'refuse', after: 'review' },
    { path: 'challenge.undecided', before: undefined, after: 'review' },
    { path: 'challenge.undecided', before: 'review', after: 'refuse' },
    { path: 'capture', before: undefined, after: 'kiosk' },
    { path: 'capture', before: 'kiosk', after: 'any' },
    { path: 'name', before: 'a', after: 'b' },
  ]);
  expect(found.map(({ path, after }) => [path, after])).toEqual([
    ['checks.liveness.threshold', 0.45],
    ['checks.geoFence.hardFail', false],
    ['match.falseMatchRate', 1e-3],
    ['match.holdsFor', 'average'],
    ['models.supersededUntil', undefined],
    ['models.pad', 'where-installed'],
    ['challenge.suspectCamera', 'review'],
    ['challenge.undecided', 'review'],
    ['capture', 'any'],
  ]);
});

test('countries are read as people type them, and faults of the service find their field', () => {
  expect(countriesOf(' no, de;CH\nUSA ')).toEqual(['NO', 'DE', 'CH', 'USA']);
  expect(
    [
      'match.falseMatchRate',
      'match.holdsFor',
      'geoFence.countries.0',
      'timeRestriction.timeZone',
      'checks.liveness.weight',
    ].map(fieldOf),
  ).toEqual(['oneIn', 'holdsFor', 'countries', 'hours.timeZone', 'checks.liveness.weight']);
});

test('a rate finds its step, whiskers stand at measured powers of ten alone', () => {
  const steps = [1e-2, 5e-3, 1e-3, 5 * 1e-6].map((fmr) => ({
    fmr,
    threshold: 0.5,
    fnmr: 0.1,
    extrapolated: fmr < 1e-5,
  }));
  const curve = { pictures: 1, genuine: 1000, impostors: 10_000, measuredDownTo: 1e-5, steps };
  expect(stepAt(curve, 1 / 200_000)).toBe(steps[3]);
  expect(stepAt(curve, 3e-3)).toBeUndefined();
  expect(intervalOf(curve, steps[3]!)).toBeUndefined();
  expect(pointsOf(curve).map(({ low }) => low !== undefined)).toEqual([true, false, true, false]);
  expect([stops[0], stops.at(-1), stops.length]).toEqual([100, 5_000_000, 15]);
});
