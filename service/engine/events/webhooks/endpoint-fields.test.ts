import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../lib/problem.ts';
import type { PayloadDialect } from './endpoint.ts';
import { checkDescription, checkHeaders, checkSignatureHeader, readEvents } from './endpoint.ts';

const behavior: Pick<PayloadDialect, 'family' | 'events'> = {
  family: 'behavior',
  events: ['bot.detected', 'human.verified'].map((name) => ({
    name: `behavior.${name}`,
    when: '',
    fires: false,
    sample: {},
  })),
};

const refusal = (work: () => unknown): [string, string] => {
  try {
    work();
  } catch (error) {
    const { code, message, extra } = error as Problem;
    expect(code).toBe('INVALID_REQUEST');
    return [extra.details![0]!.path, message];
  }
  return ['', 'accepted'];
};

describe('events', () => {
  test('are taken by either name, each once; all without any', () => {
    const both = ['behavior.bot.detected', 'behavior.human.verified'];
    expect(readEvents(behavior, undefined)).toEqual(both);
    expect(readEvents(behavior, ['human.verified', 'behavior.human.verified'])).toEqual([both[1]]);
  });
  test('of no or another family are refused with what there is', () => {
    expect(refusal(() => readEvents(behavior, []))[0]).toBe('events');
    expect(refusal(() => readEvents(behavior, ['bot.detected', 'identity.user.enrolled']))).toEqual([
      'events.1',
      '“identity.user.enrolled” is no event of the family behavior, which has: bot.detected, human.verified.',
    ]);
  });
});

describe('custom headers', () => {
  const taken = ['X-Sign', 'X-Sign-next'];
  test('are kept with trimmed values', () => {
    expect(checkHeaders({ Authorization: ' Bearer a b\t', 'x-empty': '', 'X-Z': 'é' }, taken)).toEqual({
      Authorization: 'Bearer a b',
      'x-empty': '',
      'X-Z': 'é',
    });
  });

  test.each([
    'Host',
    'content-type',
    'Content-Length',
    'webhook-id',
    'WEBHOOK-Signature',
    'connection',
    'transfer-encoding',
    'proxy-authorization',
    'user-agent',
    'x-sign',
    'X-SIGN-NEXT',
    'x_sign',
    'webhook_signature',
    'Content_Length',
    '',
    'a b',
    'x:y',
    'x\r\ny',
    ':path',
    'x'.repeat(65),
  ])('%j may not be set', (name) => {
    expect(refusal(() => checkHeaders({ [name]: 'v' }, taken))[0]).toMatch(/^headers\./);
  });

  test('no value breaks out of its line, and no message repeats one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (value) => {
        const [path, message] = refusal(() => checkHeaders({ 'x-own': `hunter2${value}` }, taken));
        if (path === '') expect(`hunter2${value}`).toMatch(/^[\t\x20-\x7e\xa0-\xff]*$/);
        else expect(message).not.toContain('hunter2');
      }),
    );
    for (const value of ['a\r\nb', 'a\nb', 'a\0b', 'a\u2028b', '€'])
      expect(refusal(() => checkHeaders({ 'x-own': value }, taken))[1]).toContain('line break');
  });

  test('of any name are kept', () => {
    const odd = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
    expect(JSON.stringify(checkHeaders(odd, taken))).toBe('{"__proto__":"a","constructor":"b"}');
  });

  test('are at most 20 with 4096 bytes, none twice', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'v']));
    expect(Object.keys(checkHeaders(many(20), taken))).toHaveLength(20);
    expect(refusal(() => checkHeaders(many(21), taken))).toEqual([
      'headers',
      expect.stringContaining('at most 20'),
    ]);
    expect(refusal(() => checkHeaders({ 'x-a': 'v'.repeat(4096 - 7) }, taken))[1]).toBe('accepted');
    expect(refusal(() => checkHeaders({ 'x-a': 'v'.repeat(4096 - 6) }, taken))[1]).toContain('4096 bytes');
    expect(refusal(() => checkHeaders({ 'x-a': '1', 'X-A': '2' }, taken))[1]).toContain('twice');
  });
});

test('a signature header is a name that means nothing else', () => {
  for (const name of ['X-Our-Signature', 'svix-signature']) expect(checkSignatureHeader(name)).toBe(name);
  for (const name of [
    'authorization',
    'Cookie',
    'webhook-signature',
    'host',
    'webhook-id',
    'content-type',
    'content_type',
    '__proto__',
    'a b',
    'x\n',
  ])
    expect(refusal(() => checkSignatureHeader(name))[0]).toBe('signatureHeader');
});

test('a description is a line of 200 characters', () => {
  expect(checkDescription('ä'.repeat(200))).toHaveLength(200);
  for (const wrong of ['a'.repeat(201), 'a\nb', '\u001b[31m', 'a\u202eb'])
    expect(refusal(() => checkDescription(wrong))[0]).toBe('description');
});
