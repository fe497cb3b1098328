import { expect, test } from 'vitest';
import {
  type Act,
  cooperative,
  drawn,
  type PlayOptions,
  play,
} from '../../../../test/support/challenge-actor.ts';
import {
  challengeAnalysis,
  challengeModels,
  challengePad,
} from '../../../../test/support/challenge-frames.ts';
import type { Evidence } from './evidence.ts';
import type { StepName } from './steps/registered-steps.ts';
import shipped from './weighing/weights.json' with { type: 'json' };

const steps: StepName[] = ['hold-still', 'turn-left', 'turn-right'];
const reasons = (options: PlayOptions, act: Act = cooperative) =>
  play(drawn(steps), act, options).result.reasons;
const withPad = { models: { ...challengeModels, pad: challengePad } };
/** In the turns alone. */
const turning =
  (more: object): Act =>
  (step, since, at) => ({ ...cooperative(step, since, at), ...(step?.name.startsWith('turn') && more) });
const named = (evidence: readonly Evidence[], kind: string) => evidence.find((one) => one.kind === kind);

test('times that fall back, stand, run ahead of ours or come late in a step fail', () => {
  const from = (index: number, change: (at: number) => number): PlayOptions => ({
    tamper: (frame, i) => (i < index ? frame : { ...frame, at: change(frame.at) }),
  });
  expect(reasons(from(20, (at) => at - 150))).toEqual(['TIMES_IMPLAUSIBLE']);
  expect(reasons(from(20, () => 3000))).toEqual(['TIMES_IMPLAUSIBLE']);
  expect(reasons(from(20, (at) => at + 4000))).toEqual(['TIMES_IMPLAUSIBLE']);
  expect(reasons(from(20, () => Number.NaN))).toEqual(['TIMES_IMPLAUSIBLE']);
  const late: PlayOptions = {
    tamper: (frame, i) => ({ ...frame, receivedAt: frame.receivedAt + (i < 20 ? 0 : 6000) }),
  };
  expect(reasons(late)).toEqual(['FRAMES_LATE']);
  const jitter: PlayOptions = {
    tamper: (frame, i) => ({ ...frame, receivedAt: frame.receivedAt + (i % 7) * 90 }),
  };
  expect(reasons(jitter)).toEqual([]);
});

/** The network stands still from the frame `from` on for `ms`, then gives all that it held: the first five of it and the newest are judged. */
const stalled = (from: number, ms: number): PlayOptions => ({
  tamper(frame, i) {
    const back = from + ms / 100;
    if (i < from || i >= back) return frame;
    const receivedAt = frame.receivedAt + (back - i) * 100 - 50;
    return i < from + 5 ? { ...frame, receivedAt: receivedAt + i } : undefined;
  },
});

test('a network that stands still is no change of the page: before a step nothing is lost, in one the attempt is over', () => {
  for (const ms of [6000, 9000]) {
    for (const from of [0, 4]) expect(reasons(stalled(from, ms))).toEqual([]);
    expect(reasons(stalled(20, ms))).toEqual(['FRAMES_LATE']);
  }
});

test('frames that go on coming late end the attempt, which does not count before a step', () => {
  const late: PlayOptions = {
    tamper: (frame, i) => ({ ...frame, receivedAt: frame.receivedAt + (i < 4 ? 0 : 6000) }),
  };
  const { result, progress } = play(drawn(steps), cooperative, late);
  expect(result).toMatchObject({ passed: false, reasons: ['FRAMES_LATE'], spent: false });
  expect(progress.length).toBeLessThan(60);
});

test('once a step was asked for, the clock is held against the frame that came fastest', () => {
  const ahead = (from: number): PlayOptions => ({
    tamper: (frame, i) => ({
      ...frame,
      receivedAt: frame.receivedAt + (i < 2 ? 3000 : 0),
      at: frame.at + (i < from ? 0 : 2500),
    }),
  });
  expect(reasons(ahead(20))).toEqual(['TIMES_IMPLAUSIBLE']);
});

test('pictures without a face are no repetition: a closed shutter, a camera that starts', () => {
  const covered: PlayOptions = {
    tamper: (frame, i) => {
      if (i >= 12) return frame;
      const { face: _, ...faceless } = frame.analysis;
      return { ...frame, analysis: { ...faceless, faces: [], pixelHash: 'black' } };
    },
  };
  const { result } = play(drawn(steps), cooperative, covered);
  expect(result.reasons).toEqual([]);
  expect(result.frameHashes).not.toContain('black');
});

test('pixels that were there before fail; a camera that shows a frame for longer does not', () => {
  const hashed = (hash: (index: number, own: string) => string): PlayOptions => ({
    tamper: (frame, i) => ({
      ...frame,
      analysis: { ...frame.analysis, pixelHash: hash(i, frame.analysis.pixelHash) },
    }),
  });
  expect(reasons(hashed((i) => `${i % 30}`))).toEqual(['FRAMES_REPEATED']);
  expect(reasons(hashed((i, own) => (i === 15 ? '14' : i === 14 ? '14' : own)))).toEqual([]);
  expect(reasons(hashed((i, own) => (i >= 20 && i < 28 ? 'standing' : own)))).toEqual(['FRAMES_REPEATED']);
});

test('a second face ends the attempt, unless the detector saw it for one frame', () => {
  const second = (when: (index: number) => boolean): PlayOptions => ({
    tamper: (frame, i) =>
      when(i)
        ? { ...frame, analysis: challengeAnalysis(`${frame.at}`, { others: [150] }, 'landmarks') }
        : frame,
  });
  expect(reasons(second((i) => i >= 20))).toEqual(['SECOND_FACE']);
  expect(reasons(second((i) => i === 20))).toEqual([]);
  expect(reasons(second((i) => i < 5))).toEqual([]);
});

test('a second face is searched for in the frame after the one that showed it', () => {
  play(drawn(steps), cooperative, {
    tamper: (frame, i, challenge) => {
      if (i === 21) expect(challenge.follow).toBeUndefined();
      return i === 20
        ? { ...frame, analysis: challengeAnalysis(`${frame.at}`, { others: [150] }, 'landmarks') }
        : frame;
    },
  });
});

test('a face that is gone for too long, or elsewhere at once, ends the attempt', () => {
  const gone =
    (ms: number): Act =>
    (step, since, at) =>
      step?.index === 1 && since > 100 && since < 100 + ms
        ? undefined
        : cooperative(step, since - 100 - ms, at);
  expect(reasons({}, gone(600))).toEqual([]);
  expect(reasons({}, gone(2500))).toEqual(['FACE_LOST']);
  const dropped: PlayOptions = { tamper: (frame, i) => (i > 15 && i < 35 ? undefined : frame) };
  expect(reasons(dropped)).toEqual(['FRAMES_LATE']);
  const jump: Act = (step, since, at) => ({
    ...cooperative(step, since, at),
    x: step && step.index > 0 ? 0.8 : 0,
  });
  expect(reasons({}, jump)).toEqual(['FACE_JUMPED']);
});

test('before the first step none of that fails', () => {
  const restless: Act = (step, since, at) => {
    if (at < 3000) return undefined;
    if (at < 4000) return { x: at % 300 === 0 ? 1 : 0 };
    return cooperative(step, since, at);
  };
  expect(reasons({}, restless)).toEqual([]);
});

test('what the page says of the camera is recorded and lowers the score, and never decides', () => {
  const plain = play(drawn(steps), cooperative).result;
  const virtual = play(drawn(steps), cooperative, {
    tamper: (frame) => ({ ...frame, capture: { label: 'OBS Virtual Camera' } }),
  }).result;
  expect(virtual.passed).toBe(true);
  expect(virtual.score).toBeLessThan(plain.score);
  expect(named(virtual.evidence, 'camera')).toMatchObject({ details: { signal: 'virtual-camera' } });
  const resized = play(drawn(steps), cooperative, {
    tamper: (frame, i) => ({
      ...frame,
      analysis: { ...frame.analysis, picture: { ...frame.analysis.picture, width: i < 20 ? 640 : 641 } },
    }),
  }).result;
  expect(resized.passed).toBe(true);
  expect(named(resized.evidence, 'camera')).toMatchObject({ details: { signal: 'frame-size-changed' } });
  const usual = play(drawn(steps), cooperative, {
    tamper: (frame) => ({ ...frame, capture: { label: 'Integrated Camera (04f2:b6d9)' } }),
  }).result;
  expect(named(usual.evidence, 'camera')).toBeUndefined();
});

test('another person in a step is found, whichever it is', () => {
  for (const index of [1, 2]) {
    const swap: Act = (step, since, at) => ({
      ...cooperative(step, since, at),
      person: step?.index === index ? 'mallory' : 'alice',
    });
    expect(reasons({}, swap)).toEqual(['ANOTHER_FACE']);
  }
});

test.each([
  ['bent', 'bent print'],
  ['animated', 'puppet'],
])('a sheet or a warped picture is no head: %s', (how, against) => {
  const { result, progress } = play(drawn(steps), turning({ [how]: true }));
  expect(result).toMatchObject({ passed: false, reasons: ['NOT_A_HEAD'], completed: 3 });
  expect(named(result.evidence, 'weighing')).toMatchObject({ passed: false, details: { against } });
  // the page learns it at the end, and not which of the measures it was
  expect(progress.filter(({ state }) => state === 'failed')).toHaveLength(1);
});

test('between sure and refused an attempt is undecided, and says who it was', () => {
  const { ratio } = named(play(drawn(steps), cooperative).result.evidence, 'weighing')!.details as {
    ratio: number;
  };
  const { species } = shipped;
  const judged = (sure: number, undecided: number) =>
    play(drawn(steps), cooperative, {
      models: { ...challengeModels, weights: { sure, strict: sure, undecided, species } },
    }).result;
  expect(judged(ratio - 0.1, ratio - 1).reasons).toEqual([]);
  const { embeddings } = judged(ratio - 0.1, ratio - 1).identity!;
  expect(judged(ratio + 0.1, ratio - 0.1)).toMatchObject({
    passed: false,
    reasons: ['UNDECIDED'],
    identity: { embeddings },
  });
  expect(judged(ratio + 1, ratio + 0.1).reasons).toEqual(['NOT_A_HEAD']);
});

test('one frame of many that shows no head is not enough', () => {
  const frame: Act = (step, since, at) => ({
    ...cooperative(step, since, at),
    ...(since > 1000 && since < 1110 && { bent: true }),
  });
  expect(reasons({}, frame)).toEqual([]);
});

test('frames without the measures of a challenge do not pass for a head', () => {
  const bare: PlayOptions = {
    tamper: (frame) => {
      const { challenge: _, ...face } = frame.analysis.face!;
      return { ...frame, analysis: { ...frame.analysis, face } };
    },
  };
  expect(reasons(bare)).toEqual(['NOT_A_HEAD']);
});

test('frames that look like a photograph or a screen are refused over all of them, strict ones earlier', () => {
  const live =
    (score: number): Act =>
    (step, since, at) => ({ ...cooperative(step, since, at), live: score });
  expect(reasons(withPad, live(0.01))).toEqual(['PRESENTATION']);
  // attack detection is one of several findings: weak doubt about the picture does not refuse a head
  expect(reasons(withPad, live(0.3))).toEqual([]);
  const doubtful = live(0.3);
  expect(play(drawn(steps, { strict: true }), doubtful, withPad).result.reasons).toEqual(['UNDECIDED']);
  const mostly: Act = (step, since, at) => ({
    ...cooperative(step, since, at),
    live: at % 3000 < 700 ? 0.02 : 0.97,
  });
  expect(reasons(withPad, mostly)).toEqual([]);
});

test('without frames that were identified and judged nothing is passed', () => {
  const unidentified: PlayOptions = {
    ...withPad,
    tamper: (frame) => {
      const { pad: _, ...face } = frame.analysis.face!;
      return { ...frame, analysis: { ...frame.analysis, face: { ...face, embeddings: {} } } };
    },
  };
  expect(reasons(unidentified)).toEqual(['TOO_LITTLE_SEEN']);
  const unjudged: PlayOptions = {
    ...withPad,
    tamper: (frame) => {
      const { pad: _, ...face } = frame.analysis.face!;
      return { ...frame, analysis: { ...frame.analysis, face } };
    },
  };
  expect(reasons(unjudged)).toEqual(['TOO_LITTLE_SEEN']);
});
