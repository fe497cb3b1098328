import { expect, test } from 'vitest';
import { challengeRules } from '../../service/engine/matching/index.ts';
import { wilsonInterval } from '../accuracy/interval.ts';
import { createRandom } from '../accuracy/random.ts';
import type { Actor, Asked, Seen } from '../live/actors/actor.ts';
import { createRecorded, createTwoPeople } from '../live/actors/other-session.ts';
import { createPieces, createScripted, natureOf } from '../live/actors/scripted.ts';
import { type Attempt, runTrial, type Trial, type TrialOptions } from '../live/trial.ts';
import { challengeModels } from '../support/challenge-frames.ts';
import { fullSize } from './size.ts';

// Sessions of a drawn head before the real judge: attacks that show again what was shown before, and clients that do not play by the
// rules. Figures of real recordings are those of `npm run accuracy -- challenges`.

const TRIALS = fullSize ? 300 : 30;
/** Of attacks of which none is accepted. */
const FEW = fullSize ? TRIALS : 10;

const base = {
  rules: challengeRules(),
  path: { flash: true, motion: true },
  models: challengeModels,
} satisfies Partial<TrialOptions>;

/** A session that passed: what the camera showed, for which step, and how the face moved. Each is made once. */
function passed(seed: number): Passed {
  const known = sessions.get(seed) ?? passOnce(seed);
  sessions.set(seed, known);
  return known;
}
interface Passed {
  frames: { seen: Seen; asked: Asked }[];
  movement: Uint8Array;
  steps: Attempt['steps'];
}
const sessions = new Map<number, Passed>();

function passOnce(seed: number): Passed {
  for (let tries = 0; ; tries++) {
    const random = createRandom(1000 * seed + tries);
    const inner = createScripted(random);
    const frames: { seen: Seen; asked: Asked }[] = [];
    const actor: Actor = {
      next(asked, since) {
        const seen = inner.next(asked, since);
        frames.push({ seen, asked });
        return seen;
      },
    };
    const { accepted, attempts } = runTrial({ ...base, random, actor: () => actor, attempts: 1 });
    if (accepted) return { frames, movement: attempts[0]!.movement!, steps: attempts[0]!.steps };
  }
}

function report(
  name: string,
  order: (seed: number, random: () => number) => Partial<TrialOptions>,
  count = TRIALS,
): Trial[] {
  const trials = Array.from({ length: count }, (_, i) => {
    const random = createRandom(i + 1);
    return runTrial({ ...base, random, actor: () => createScripted(random), ...order(i + 1, random) });
  });
  const accepted = trials.filter((one) => one.accepted).length;
  const [least, most] = wilsonInterval(accepted, count).map((share) => `${(100 * share).toFixed(1)} %`);
  const reasons = Object.entries(
    Object.groupBy(
      trials.flatMap(({ attempts }) => attempts.map((one) => one.reasons.join(' + ') || 'passed')),
      (one) => one,
    ),
  ).map(([reason, all]) => `${reason} ${all!.length}`);
  console.log(`${name}: ${accepted} of ${count} accepted (95 % ${least} to ${most}); ${reasons.join(', ')}`);
  return trials;
}
const accepted = (trials: readonly Trial[]) => trials.filter((one) => one.accepted).length;

test('a head that moves by itself passes', () => {
  expect(accepted(report('live', () => ({})))).toBeGreaterThanOrEqual(0.95 * TRIALS);
});

test('two people, one of them still while the other does the steps, are found to be two', () => {
  const trials = report(
    'two-people',
    (_, random) => {
      const other = createScripted(random, { person: 'bob' });
      return { actor: () => createTwoPeople(createScripted(random), other) };
    },
    FEW,
  );
  expect(accepted(trials)).toBe(0);
  const finished = trials
    .flatMap(({ attempts }) => attempts)
    .filter(({ completed, steps }) => completed === steps.length);
  expect(finished.length).toBeGreaterThan(0);
  for (const { reasons } of finished) expect(reasons).toContain('ANOTHER_FACE');
});

test('an old session, with other pixels, is not accepted', () => {
  const trials = report(
    'replay-old-session',
    (seed) => {
      const { frames, movement } = passed(seed);
      return { actor: () => createRecorded(frames.map(({ seen }) => seen)), earlier: [movement] };
    },
    FEW,
  );
  expect(accepted(trials)).toBe(0);
});

/** Upper end of the 95 % interval. */
const MOST_SAME_DRAW = 0.052;

test('an old session is not accepted when the same steps are asked for three times', () => {
  const trials = report('replay-old-session-same-draw', (seed) => {
    const { frames, movement, steps } = passed(seed);
    return {
      actor: () => createRecorded(frames.map(({ seen }) => seen)),
      asks: steps,
      earlier: [movement],
    };
  });
  // 8 of 300 on 2026-11-22 (95 %: 1.4 to 5.2 %), none of the 30 with the fixed seed.
  expect(accepted(trials)).toBeLessThanOrEqual(fullSize ? MOST_SAME_DRAW * TRIALS : 0);
});

/** Upper end of the 95 % interval. */
const MOST_CALM = 0.019;

test('a calm person who is asked for the same steps again passes', () => {
  const trials = report('the same person, the same steps', (seed, random) => {
    const nature = natureOf(createRandom(seed));
    const first = createRandom(50_000 + seed);
    const rules = { ...base.rules, repeats: 'record' as const };
    const earlier = runTrial({
      ...base,
      rules,
      random: first,
      attempts: 1,
      actor: () => createScripted(first, { sway: 0.1, nature }),
    }).attempts[0]!;
    return {
      actor: () => createScripted(random, { sway: 0.1, nature }),
      asks: earlier.steps,
      earlier: [earlier.movement!],
      attempts: 1,
    };
  });
  const refused = trials.filter(({ attempts }) => attempts[0]!.reasons.includes('REPLAYED_MOVEMENT'));
  // 1 of 300 on 2026-11-22 (95 %: 0.1 to 1.9 %), and it is among the 30 with the fixed seed.
  expect(refused.length).toBeLessThanOrEqual(fullSize ? MOST_CALM * TRIALS : 1);
});

/**
 * Upper ends of the 95 % intervals of what was accepted on 2026-11-22, of 300 (142 and 203) and of 30 (13 and 20): no regression may hide
 * in "mostly".
 */
const MOST_KNOWN = fullSize ? 0.531 : 0.608;
const MOST_INJECTED = fullSize ? 0.728 : 0.809;

test('clean pieces of a session, injected as they are asked for, are mostly refused where the service knows the session', () => {
  const pieces = (seed: number) => {
    const { frames, movement } = passed(seed);
    return { actor: () => createPieces(frames), earlier: [movement] };
  };
  const refused = report('injection-known', pieces);
  const { length } = report('injection', (seed) => ({
    ...pieces(seed),
    rules: { ...challengeRules(), repeats: 'record' },
    earlier: [],
  })).filter((one) => one.accepted);
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(MOST_INJECTED * TRIALS);
  expect(accepted(refused)).toBeLessThan(0.75 * length);
  expect(accepted(refused)).toBeLessThanOrEqual(MOST_KNOWN * TRIALS);
});

test('a client that asks too early, lies about time or sends pictures twice is not accepted', () => {
  for (const [name, change] of [
    ['tampered-early', (random: () => number) => ({ finishAfter: () => 1 + Math.floor(25 * random()) })],
    ['tampered-clock', () => ({ hurry: 0.1 })],
  ] as const)
    expect([name, accepted(report(name, (_, random) => change(random), FEW))]).toEqual([name, 0]);
  const repeated = report(
    'tampered-repeat',
    (seed) => {
      const { frames } = passed(seed);
      return {
        sameFrames: true as const,
        actor: () => createRecorded(frames.slice(0, 20).map(({ seen }) => seen)),
      };
    },
    FEW,
  );
  expect(accepted(repeated)).toBe(0);
});
