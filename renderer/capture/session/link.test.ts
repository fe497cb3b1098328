import { expect, test } from 'vitest';
import { addressOf, createMemory, keptLink, linkOf } from './link.ts';

const at = (address: string) => linkOf(new URL(address, 'https://box.home.arpa'));

test.each([
  ['/verify#abc', { kind: 'session', token: 'abc' }],
  ['/verify?client=sess_1#token=abc', { kind: 'session', token: 'abc', client: 'sess_1' }],
  ['/verify/h/abc', { kind: 'handover', token: 'abc' }],
  ['/verify-presence/a.b-c_d/', { kind: 'presence', token: 'a.b-c_d' }],
  ['/hosted/v/abc#ignored', { kind: 'hosted', token: 'abc' }],
  ['/hosted/f/visitors', { kind: 'flow', token: 'visitors' }],
  ['/hosted/f/visitors?mode=test', { kind: 'flow', token: 'visitors', test: true }],
  ['/invite/abc?mode=test', { kind: 'registration', token: 'abc' }],
  ['/verify', undefined],
  ['/verify#', undefined],
  ['/verify/h/', undefined],
  ['/invite/%E0%A4%A', undefined],
  ['/console#abc', undefined],
])('%s', (address, link) => {
  expect(at(address)).toEqual(link);
});

test.each([
  ['/verify?client=sess_1#abc', '/verify?client=sess_1#abc'],
  ['/verify?client=sess_1', '/verify?client=sess_1#kept'],
  ['/hosted/v/abc', '/hosted/v/abc'],
])('the address of %s for another window is %s', (path, whole) => {
  const box = 'https://box.home.arpa';
  const link = at(path) ?? { kind: 'session' as const, token: 'kept' };
  expect(addressOf(link, new URL(path, box))).toBe(box + whole);
});

test('the tab remembers the session; what another program wrote there is nothing', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const memory = createMemory(() => storage);
  expect(memory.read()).toBeUndefined();
  const remembered = { link: { kind: 'hosted', token: 'a' }, token: 'b', sessionId: 'c' } as const;
  memory.write(remembered);
  expect(memory.read()).toEqual(remembered);
  for (const text of ['{', '7', '{"link":null}', '{"link":{"token":7}}']) {
    kept.set('gatehouse-live', text);
    expect(memory.read()).toBeUndefined();
  }
});

test('after a reload the tab has the token of the session that the address names, and of no other', () => {
  const link = { kind: 'session', token: 'a', client: 'sess_1' } as const;
  const memory = { read: () => ({ link }), write: () => {} };
  expect(keptLink(memory, { search: '?client=sess_1' })).toEqual(link);
  expect(keptLink(memory, { search: '?client=sess_2' })).toBeUndefined();
  expect(keptLink(memory, { search: '' })).toBeUndefined();
});

test('a browser that blocks storage forgets', () => {
  const memory = createMemory(() => {
    throw new DOMException('blocked', 'SecurityError');
  });
  memory.write({ link: { kind: 'hosted', token: 'a' } });
  expect(memory.read()).toBeUndefined();
});
