import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { doWork } from './api.ts';

test('finds an answer whose hash begins with the zero bits', async () => {
  const { challenge, answer } = await doWork({ challenge: '17.11.abc', bits: 11 });
  const hash = createHash('sha256').update(`${challenge}.${answer}`).digest();
  expect(hash.readUInt32BE(0) >>> 21).toBe(0);
});
