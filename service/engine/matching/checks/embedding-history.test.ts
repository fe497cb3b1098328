import { expect, test } from 'vitest';
import { direction, near } from '../../../../test/support/faces.ts';
import { embeddingHistory } from './embedding-history.ts';

const alice = direction('alice');
const history = Array.from({ length: 20 }, (_, i) => near(alice, 0.93, `picture ${i}`));

test('fewer than five pictures say nothing', () => {
  expect(embeddingHistory(alice, history.slice(0, 4))).toEqual({
    skipped: 'There are 4 earlier verified pictures; 5 are needed.',
  });
  expect(embeddingHistory(alice, history.slice(0, 1))).toEqual({
    skipped: 'There is 1 earlier verified picture; 5 are needed.',
  });
});

test('one more picture of the usual kind is usual', () => {
  for (const count of [5, 20]) {
    const found = embeddingHistory(near(alice, 0.93, 'another'), history.slice(0, count));
    expect(found).toMatchObject({ score: 1, details: { pictures: count } });
    expect(found).not.toHaveProperty('reason');
  }
});

test('a picture far from all earlier ones is an outlier, the farther the lower', () => {
  const scores = [0.93, 0.88, 0.84, 0.6, 0].map((cosine) => {
    const found = embeddingHistory(near(alice, cosine, 'another'), history);
    return 'score' in found ? found.score : Number.NaN;
  });
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(scores.at(-1)).toBe(0);
  expect(embeddingHistory(direction('mallory'), history)).toMatchObject({
    score: 0,
    reason: 'The face is unlike this person’s earlier verified pictures.',
  });
});

test('twenty times the same picture does not make every other an outlier', () => {
  const same = Array.from({ length: 20 }, () => alice);
  expect(embeddingHistory(near(alice, 0.99, 'another'), same)).toMatchObject({ score: 1 });
});
