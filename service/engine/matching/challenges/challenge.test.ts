import { expect, test } from 'vitest';
import { type Act, cooperative, drawn, play } from '../../../../test/support/challenge-actor.ts';
import { challengeModels, challengePad, type HeadScript } from '../../../../test/support/challenge-frames.ts';
import { stepNames } from './steps/registered-steps.ts';

const withPad = { models: { ...challengeModels, pad: challengePad } };

/** Does this in the step at the place, and what is asked in all others. */
const inStep =
  (index: number, act: Act): Act =>
  (step, since, at) =>
    step?.index === index ? act(step, since, at) : cooperative(step, since, at);

test('a cooperative person passes every step, and each is revealed after the one before', () => {
  const { result, progress } = play(drawn(stepNames), cooperative);
  expect(result).toMatchObject({ passed: true, reasons: [], completed: 8, assurance: 'active' });
  expect(result.score).toBeGreaterThan(0.7);
  expect(progress.flatMap(({ passed }) => passed ?? [])).toEqual([...stepNames]);
  expect(result.identity?.embeddings.one).toHaveLength(128);
  expect(new Set(result.frameHashes).size).toBe(progress.length);
  for (const { progress: share } of progress) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
});

test('no step is revealed until the face is well placed and still', () => {
  const shaking: Act = (_step, _since, at) => ({ x: at % 200 === 0 ? 0.2 : 0 });
  const far: Act = () => ({ closer: 0.5 });
  const away: Act = () => ({ yaw: 20 });
  for (const act of [shaking, far, away]) {
    const { challenge, progress } = play(drawn(['turn-left']), act, { most: 8000 });
    expect(challenge).toMatchObject({ phase: 'guiding', step: undefined });
    expect(progress.at(-1)).toMatchObject({ state: 'running' });
  }
  expect(play(drawn(['turn-left']), far, { most: 2000 }).progress.at(-1)).toMatchObject({
    guidance: { step: 'distance', code: 'TOO_FAR' },
  });
});

test.each([
  ['a turn', 'turn-left', { yaw: -14 }],
  ['a look', 'look-up', { pitch: 13 }],
  ['a look down', 'look-down', { pitch: -13 }],
  ['a turn in a step that asks for none', 'blink', { yaw: 17 }],
] as const)('the wrong way first fails: %s', (_what, name, wrong) => {
  const act = inStep(1, (step, since, at) =>
    since > 500 && since < 800 ? wrong : cooperative(step, since, at),
  );
  const { result } = play(drawn(['hold-still', name, 'turn-right']), act);
  expect(result).toMatchObject({ passed: false, reasons: ['WRONG_MOVEMENT'], completed: 1 });
});

test('steps in another order fail: what is asked later does not count before', () => {
  const swapped: Act = (step, since, at) => {
    const name = step?.name === 'turn-left' ? 'turn-right' : 'turn-left';
    return cooperative(step && step.index > 0 ? { ...step, name } : step, since, at);
  };
  const { result } = play(drawn(['hold-still', 'turn-left', 'turn-right']), swapped);
  expect(result.reasons).toEqual(['WRONG_MOVEMENT']);
});

test.each([
  ['turn-left', { yaw: 20 }],
  ['look-up', { pitch: -14 }],
  ['come-closer', { closer: 1.3 }],
] as const)('a pose that was there before the step proves nothing: %s', (name, pose) => {
  const early = inStep(0, () => pose);
  const { result, progress } = play(drawn([name]), early);
  expect(progress.at(-2)).toMatchObject({ guidance: { step: 'movement', code: 'FACE_CAMERA' } });
  expect(result).toMatchObject({ passed: false, reasons: ['TIME_OVER'] });
});

test('a movement sooner than a person can have read the step does not count', () => {
  const instant: Act = (step, since) => (step ? { yaw: since === 0 ? 0 : 20 } : {});
  expect(play(drawn(['turn-left']), instant).result.reasons).toEqual(['TIME_OVER']);
  const human: Act = (step, since) => (step ? { yaw: since < 300 ? 0 : 20 } : {});
  expect(play(drawn(['turn-left']), human).result.reasons).toEqual([]);
});

test('a pose counts when it is held for the drawn time', () => {
  const order = drawn(['turn-left']);
  order.steps[0]!.holdMs = 900;
  const brief: Act = (step, since) => (step && since % 1500 > 700 && since % 1500 < 1300 ? { yaw: 20 } : {});
  expect(play(order, brief).result.reasons).toEqual(['TIME_OVER']);
  const held: Act = (step, since) => (step && since > 700 ? { yaw: 20 } : {});
  expect(play(order, held).result.reasons).toEqual([]);
});

test('after its time a step cannot be passed', () => {
  const late: Act = (step, since, at) => (step && since < 5200 ? {} : cooperative(step, since - 5200, at));
  expect(play(drawn(['turn-left']), late).result.reasons).toEqual(['TIME_OVER']);
});

test('a client whose clock stands almost still gains no time', () => {
  const patient: Act = (step, since, at) => (step && since < 2500 ? {} : cooperative(step, since - 2500, at));
  const slowClock = play(drawn(['turn-left']), patient, {
    tamper: (frame) => ({ ...frame, receivedAt: 1_000_000 + 1.9 * frame.at }),
  });
  expect(play(drawn(['turn-left']), patient).result.passed).toBe(true);
  expect(slowClock.result.reasons).toEqual(['TIME_OVER']);
});

test('strict asks for 18 degrees', () => {
  const turn: Act = (step, since) => (step && since > 600 ? { yaw: 16.5 } : {});
  expect(play(drawn(['turn-left']), turn).result.passed).toBe(true);
  expect(play(drawn(['turn-left'], { strict: true }), turn).result.reasons).toEqual(['TIME_OVER']);
});

test('a turn that the nose does not show is not believed', () => {
  const bentMesh: Act = (step, since) => (step && since > 600 ? { yaw: 20, noseYaw: 5 } : {});
  expect(play(drawn(['turn-left']), bentMesh).result.reasons).toEqual(['TIME_OVER']);
});

test('holding still after a turn begins when the head is back', () => {
  const stays: Act = (step, since, at) =>
    step?.name === 'hold-still' ? { yaw: 21 } : cooperative(step, since, at);
  const order = drawn(['turn-left', 'hold-still']);
  expect(play(order, cooperative).result.passed).toBe(true);
  expect(play(order, stays).result.reasons).toEqual(['TIME_OVER']);
});

test('a face that fills the frame turns for nothing: perspective fools the pose', () => {
  const close: Act = (step, since) => ({
    closer: step ? 1 + 1.2 * Math.min(1, since / 1000) : 1,
    yaw: step && since > 1200 ? 20 : 0,
  });
  const { result, progress } = play(drawn(['turn-left']), close);
  expect(result.reasons).toEqual(['TIME_OVER']);
  expect(progress.at(-2)).toMatchObject({ guidance: { step: 'distance', code: 'TOO_CLOSE' } });
});

test('a blink is short: eyes closed for a second are none', () => {
  const asleep: Act = (step, since) => ({
    eyes: step && since % 2000 > 800 && since % 2000 < 1800 ? 0.3 : 1,
  });
  expect(play(drawn(['blink']), asleep).result.reasons).toEqual(['TIME_OVER']);
  const halfway: Act = (step, since) => ({ eyes: step && since % 1000 > 800 ? 0.7 : 1 });
  expect(play(drawn(['blink']), halfway).result.reasons).toEqual(['TIME_OVER']);
});

test('a step begins when the pose of the one before is left, and not with a wrong movement', () => {
  for (const name of ['come-closer', 'blink', 'look-up'] as const) {
    const lingering = inStep(1, (step, since, at) =>
      since < 600 ? { yaw: 20 - since / 40 } : cooperative(step, since - 600, at),
    );
    expect(play(drawn(['turn-left', name]), lingering).result.reasons).toEqual([]);
  }
});

/** From a turn to the next pose without facing the camera: `part` 0 is the turn, 1 the pose. */
const straight = (pose: (part: number) => HeadScript): Act =>
  inStep(1, (_, since) => {
    const part = Math.min(1, Math.max(0, (since - 500) / 500));
    return { yaw: 21 * (1 - part) ** 2, ...pose(part) };
  });
/** The asked pose is there before the turn is left. */
const sooner = (part: number) => Math.min(1, 3 * part);

test.each([
  ['look-up', (part: number) => ({ pitch: -14 * part })],
  ['look-up', (part: number) => ({ pitch: -14 * sooner(part) })],
  ['look-down', (part: number) => ({ pitch: 14 * sooner(part) })],
  ['come-closer', (part: number) => ({ closer: 1 + 0.32 * sooner(part) })],
] as const)('from a turn a person may go straight on: %s', (name, pose) => {
  expect(play(drawn(['turn-left', name]), straight(pose)).result.reasons).toEqual([]);
});

test.each([
  ['look-up', { pitch: -14 }],
  ['look-down', { pitch: 14 }],
  ['come-closer', { closer: 1.32 }],
] as const)('what is there while the head is still turned proves nothing: %s', (name, pose) => {
  const already: Act = (step, since, at) => {
    const turned = cooperative({ ...step!, name: 'turn-left' }, step?.index === 0 ? since : 2000, at)!;
    if (!step) return {};
    return step.index === 0
      ? { ...turned, ...(since > 1300 && pose) }
      : { ...pose, yaw: turned.yaw! * Math.max(0, 1 - since / 800) };
  };
  const { result } = play(drawn(['turn-left', name]), already);
  expect(result).toMatchObject({ completed: 1, reasons: ['TIME_OVER'] });
});

test('from looking up a head may fall below the neutral pose between two frames', () => {
  const fast = inStep(1, (_, since) => ({ pitch: since < 600 ? -13 : 13 }));
  expect(play(drawn(['look-up', 'look-down']), fast).result.reasons).toEqual([]);
});

test('coming closer is measured from the neutral distance', () => {
  const little: Act = (step, since) => ({ closer: step && since > 500 ? 1.2 : 1 });
  expect(play(drawn(['come-closer']), little).result.reasons).toEqual(['TIME_OVER']);
});

test('a step that cannot be judged at the frame rate is prolonged; below five a second nothing passes', () => {
  const late: Act = (step, since, at) => (step && since < 5500 ? {} : cooperative(step, since - 5500, at));
  expect(play(drawn(['blink']), late).result.reasons).toEqual(['TIME_OVER']);
  expect(play(drawn(['blink']), late, { pace: 140 }).result.reasons).toEqual([]);
  expect(play(drawn(['hold-still', 'turn-left']), cooperative, { pace: 300 }).result.reasons).toEqual([
    'FRAMES_TOO_SLOW',
  ]);
});

test('colors that the skin reflects are recorded, and never decide', () => {
  const order = drawn(['hold-still', 'turn-left', 'color-flash']);
  const lit: Act = (step, since, at) => {
    if (step?.name !== 'color-flash') return cooperative(step, since, at);
    const light = [1, 3, 5].map((from) => Number.parseInt(step.color!.slice(from, from + 2), 16) / 255);
    return {
      skin: [0.4, 0.3, 0.25].map((value, i) => value * (1 + 0.1 * light[i]!)) as [number, number, number],
    };
  };
  order.steps[2]!.color = '#3f7fff';
  const find = (act: Act) => {
    const { result } = play(order, act);
    expect(result.passed).toBe(true);
    return result.evidence.find(({ kind }) => kind === 'step:color-flash')!.details;
  };
  expect(find(lit).correlation).toBeGreaterThan(0.8);
  expect(find(cooperative).correlation).toBe(0);
});

test('without motion a person holds still and blinks; a photograph does not blink', () => {
  const order = drawn(['hold-still', 'blink'], {
    path: { flash: false, motion: false },
    assurance: 'passive-frames',
  });
  order.steps[0]!.holdMs = 3500;
  const { result } = play(order, cooperative, withPad);
  expect(result).toMatchObject({ passed: true, assurance: 'passive-frames' });
  expect(result.evidence.map(({ kind }) => kind)).toContain('motion');
  expect(play(order, () => ({}), withPad).result.reasons).toEqual(['TIME_OVER']);
});

test('few frames are identified, all steps are, and a face is searched for every few frames', () => {
  let identified = 0;
  let inARow = 0;
  const { progress, result } = play(
    drawn(['hold-still', 'turn-left', 'turn-right', 'look-up']),
    cooperative,
    {
      tamper(frame, _index, challenge) {
        if (challenge.needs === 'identity') identified += 1;
        inARow = challenge.follow ? inARow + 1 : 0;
        expect(inARow).toBeLessThanOrEqual(3);
        return frame;
      },
    },
  );
  expect(result.passed).toBe(true);
  expect(identified).toBeGreaterThanOrEqual(8);
  expect(identified).toBeLessThan(progress.length / 4);
});

test('an attempt that never settled has asked for nothing', () => {
  const { challenge } = play(drawn(['turn-left']), cooperative, { most: 1500 });
  expect(challenge.phase).toBe('guiding');
  expect(challenge.result(1_001_600)).toMatchObject({ spent: false, reasons: ['NOT_SETTLED'] });
  expect(challenge.result(1_060_000)).toMatchObject({ spent: false, reasons: ['UNFINISHED'] });
  expect(play(drawn(['turn-left']), cooperative).result.spent).toBe(true);
  const { result } = play(drawn(['turn-left']), cooperative, {
    tamper: (frame, index) => (index < 2 ? frame : { ...frame, at: 10 * frame.at }),
  });
  expect(result).toMatchObject({ spent: true, reasons: ['TIMES_IMPLAUSIBLE'] });
});

test('before the end nothing has passed; after it nothing changes', () => {
  const { challenge } = play(drawn(['turn-left']), cooperative, { most: 3000 });
  expect(challenge.result(1_003_100)).toMatchObject({ passed: false, reasons: ['UNFINISHED'] });
  expect(challenge.result(1_060_000)).toMatchObject({ passed: false, reasons: ['TIME_OVER'] });
  const over = play(drawn(['turn-left']), cooperative);
  const before = over.challenge.result(0);
  expect(over.challenge.observe({ at: 0, receivedAt: 0, analysis: before.identity!.analysis })).toMatchObject(
    {
      state: 'passed',
    },
  );
  expect(over.challenge.result(0)).toEqual(before);
});
