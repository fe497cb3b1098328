import { expect, test } from 'vitest';
import { linesOf, stateOf } from './key-state.ts';

const at = (time: string) => new Date(time).toISOString();
const now = Date.parse('2026-11-20T12:00:00Z');

test.each([
  ['active', {}],
  ['ending', { expiresAt: at('2026-11-21') }],
  ['expired', { expiresAt: at('2026-11-20') }],
  ['revoked', { revokedAt: at('2026-11-19'), expiresAt: at('2026-11-21') }],
  ['altered', { altered: true as const, revokedAt: at('2026-11-19') }],
] as const)('a key that is %s', (state, key) => {
  expect(stateOf(key, now)).toBe(state);
});

test('lines without what is empty', () => {
  expect(linesOf(' 10.0.0.0/8 \n\n192.168.0.0/16\n')).toEqual(['10.0.0.0/8', '192.168.0.0/16']);
});
