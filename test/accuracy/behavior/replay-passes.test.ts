import { describe, expect, test } from 'vitest';
import {
  judgeBehavior,
  researchModel,
  SessionData,
  vectorFingerprint,
} from '../../../service/engine/behavior/index.ts';
import { between, type Random } from '../../bots/chance.ts';
import { families } from '../../bots/families/paths.ts';
import { simulateSession } from '../../bots/families/simulate.ts';
import { createRandom } from '../random.ts';
import { emptyTrack } from './sets/data-set.ts';
import { type Track, vectorOf } from './track.ts';

const LASTS = 30_000;
/** Ms between two events of the page that plays it. */
const FRAME = 1_000 / 60;

/** Half a minute of a hand, drawn by chance. */
function handOf(family: string, seed: number): Track {
  const { moves, presses } = simulateSession(family, seed);
  return trackOf(`hand-${family}-${seed}`, moves, presses);
}

const trackOf = (session: string, moves: Track['moves'], presses: Track['presses']): Track => ({
  ...emptyTrack,
  session,
  from: 0,
  to: LASTS,
  moves,
  presses,
  events: [
    ...moves.map(({ t }) => ({ t, counts: ['move'] as const })),
    ...presses.map(({ t }) => ({ t, counts: ['down', 'up'] as const })),
  ].sort((a, b) => a.t - b.t),
});

/** The same hand, played by a program: frames of 60 Hz, whole pixels, a start that is some milliseconds off. */
function played(hand: Track, random: Random): Track {
  const late = between(random, 5, 400);
  const moves: { t: number; x: number; y: number }[] = [];
  for (const { t, x, y } of hand.moves) {
    const at = Math.ceil((t + late) / FRAME) * FRAME;
    const move = { t: at, x: Math.round(x), y: Math.round(y) };
    if (moves.at(-1)?.t === at) moves[moves.length - 1] = move;
    else moves.push(move);
  }
  return trackOf(
    `played-${hand.session}`,
    moves,
    hand.presses.map((press) => ({ ...press, t: press.t + late })),
  );
}

const dataOf = (track: Track): SessionData => SessionData.parse(vectorOf(track, 0, LASTS + 500));

/** A limit that is documented and expected: the score does not notice movements that are played again (BEHAVIOR.md §6.5). */
describe.each(Object.keys(families))('a hand of the family %s that a program plays again', (family) => {
  const pairs = Array.from({ length: 5 }, (_, i) => {
    const hand = handOf(family, i + 1);
    return { first: dataOf(hand), again: dataOf(played(hand, createRandom(i + 1))) };
  });

  test('passes by rules alone, as the hand itself does', () => {
    for (const { first, again } of pairs) {
      expect(judgeBehavior(again).parts.rules).toEqual(judgeBehavior(first).parts.rules);
      expect(judgeBehavior(again).human).toBe(judgeBehavior(first).human);
    }
  });

  test('is no copy of a vector: that rule does not see it', () => {
    for (const { first, again } of pairs) {
      expect(vectorFingerprint(first)).toBeDefined();
      expect(vectorFingerprint(again)).not.toBe(vectorFingerprint(first));
    }
  });
});

test('the learned layer judges a hand that is played again about as it judged the hand', () => {
  const pairs = Object.keys(families)
    .flatMap((family) =>
      Array.from({ length: 5 }, (_, i) => {
        const hand = handOf(family, i + 1);
        const [first, again] = [hand, played(hand, createRandom(i + 1))].map(
          (track) => judgeBehavior(dataOf(track), { model: researchModel }).parts.mouse!.z,
        );
        return again! - first!;
      }),
    )
    .sort((a, b) => a - b);
  // Nothing in it falls because a program played it: as often it rises.
  expect(Math.abs(pairs[Math.floor(pairs.length / 2)]!)).toBeLessThan(1);
});
