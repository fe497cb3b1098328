import { expect, test } from 'vitest';
import { type CrossScoresRequest, crossScores, crossScoresInThread } from './cross-scores.ts';

const terms = (rows: number[][], weight = 1, offset = 0) => ({
  weight,
  offset,
  dimensions: rows[0]!.length,
  vectors: Float32Array.from(rows.flat()),
});
const request: CrossScoresRequest = {
  people: 4,
  leftOut: [[3, 1]],
  terms: [
    terms(
      [
        [1, 0],
        [0.6, 0.8],
        [1, 0],
        [0, 1],
      ],
      10,
      0.5,
    ),
    terms([[1], [1], [1], [-1]]),
  ],
};

test('all pairs are scored, without those to leave out and those of one picture', () => {
  // (0,2) is one picture; (1,3) is left out. 0-1 and 1-2: 10 * (0.6 - 0.5) + 1; 0-3 and 2-3: 10 * (0 - 0.5) - 1.
  const near = expect.closeTo(2, 5);
  const { rising, byPair } = crossScores(request);
  expect([...rising]).toEqual([-6, -6, near, near]);
  expect([...byPair]).toEqual([near, Number.NaN, -6, near, Number.NaN, -6]);
  expect(crossScores({ people: 0, leftOut: [], terms: [] }).rising).toHaveLength(0);
});

test('a thread gives the same while the event loop goes on', async () => {
  let turns = 0;
  let running = true;
  const turn = () => {
    turns += 1;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  expect(await crossScoresInThread(request)).toEqual(crossScores(request));
  running = false;
  expect(turns).toBeGreaterThan(0);
  const broken = { people: 2, leftOut: [], terms: [null] } as unknown as CrossScoresRequest;
  await expect(crossScoresInThread(broken)).rejects.toThrow();
});
