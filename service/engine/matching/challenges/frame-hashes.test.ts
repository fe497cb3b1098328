import { expect, test } from 'vitest';
import { createFrameHashes } from './frame-log.ts';

test('a camera that is slower than the page shows each picture twice, all the time', () => {
  const hashes = createFrameHashes();
  for (let i = 0; i < 50; i++) {
    expect(hashes.add(`frame ${i}`)).toBe('new');
    expect(hashes.add(`frame ${i}`)).toBe('ignored');
  }
  expect(hashes.counts()).toEqual({ frames: 50, repeated: 50 });
});

test('a picture that stands, and one that comes back, are faults', () => {
  const standing = createFrameHashes();
  expect(Array.from({ length: 7 }, () => standing.add('same'))).toEqual([
    'new',
    ...Array.from({ length: 5 }, () => 'ignored'),
    'fault',
  ]);
  const again = createFrameHashes();
  expect(['a', 'b', 'a'].map((hash) => again.add(hash))).toEqual(['new', 'new', 'fault']);
});
