import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPasswordHashes, requireStrong } from './password-rules.ts';

const pepper = new Uint8Array(32).fill(7);
const cheap = { cost: { memoryKiB: 8, passes: 1 } };
const strong = (password: string, context: string[] = []) => {
  try {
    requireStrong(password, context);
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('argon2id of 19 MiB and two passes, under a pepper', async () => {
  const hashes = createPasswordHashes(pepper);
  const stored = await hashes.hash('wet gravel under pines');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await hashes.verify(stored, 'wet gravel under pines')).toBe(true);
  expect(await hashes.verify(stored, 'wet gravel under pine')).toBe(false);
  expect(await hashes.verify(undefined, 'the password of no account')).toBe(false);
  const others = createPasswordHashes(new Uint8Array(32).fill(8));
  expect(await others.verify(stored, 'wet gravel under pines')).toBe(false);
});

test('typed in another composition it is the same password', async () => {
  const hashes = createPasswordHashes(pepper, cheap);
  expect(await hashes.verify(await hashes.hash('Zürich im Nebel'), 'Zürich im Nebel'.normalize('NFD'))).toBe(
    true,
  );
});

test('no more are computed at once, and no more wait, than were allowed', async () => {
  const hashes = createPasswordHashes(pepper, { ...cheap, atOnce: 2, waiting: 10 });
  const stored = await hashes.hash('wet gravel under pines');
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      hashes.verify(stored, 'wet gravel under pines').catch(({ code }) => code),
    ),
  );
  expect(answers.filter((answer) => answer === true)).toHaveLength(12);
  expect(answers.filter((answer) => answer === 'OVERLOADED')).toHaveLength(8);
  expect(await hashes.verify(stored, 'wet gravel under pines')).toBe(true);
});

test('a failure gives its place back', async () => {
  const hashes = createPasswordHashes(pepper, { ...cheap, atOnce: 1, waiting: 0 });
  await expect(hashes.verify('not a hash', 'x')).rejects.toThrow();
  expect(await hashes.verify(await hashes.hash('x'), 'x')).toBe(true);
});

test.each([
  ['wet gravel under pines', 'taken'],
  ['elevenchars', 'PASSWORD_TOO_WEAK'],
  ['twelve chars', 'taken'],
  ['🐟🐟🐠🐡🦈🐳', 'PASSWORD_TOO_WEAK'],
  ['83751902846170', 'taken'],
  ['aaaaaaaaaaaaaaaa', 'PASSWORD_TOO_WEAK'],
  ['abababababababab', 'PASSWORD_TOO_WEAK'],
  ['abcdefghijklmn', 'PASSWORD_TOO_WEAK'],
  ['zyxwvutsrqponm', 'PASSWORD_TOO_WEAK'],
  ['Password1234', 'PASSWORD_TOO_WEAK'],
  ['correct horse battery staple', 'PASSWORD_TOO_WEAK'],
  ['no rule of composition', 'taken'],
])('%s: %s', (password, answer) => {
  expect(strong(password)).toBe(answer);
});

test.each([
  ['ada@example.com', 'PASSWORD_TOO_WEAK'],
  ['AdaLovelace1815', 'PASSWORD_TOO_WEAK'],
  ['Acme Widgets!', 'PASSWORD_TOO_WEAK'],
  ['acme-widgets-ada-2026', 'PASSWORD_TOO_WEAK'],
  ['acme makes heavy anvils', 'taken'],
  ['1234-98765-0000', 'taken'],
])('for Ada Lovelace of Acme Widgets, %s: %s', (password, answer) => {
  expect(strong(password, ['ada@example.com', 'Ada Lovelace', 'Acme Widgets'])).toBe(answer);
});

test('whatever is typed, the length decides first', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.array(fc.string()),
      (password, context) => {
        const length = [...password.normalize('NFKC')].length;
        if (length < 12 || length > 256) expect(strong(password, context)).toBe('PASSWORD_TOO_WEAK');
        else expect(['taken', 'PASSWORD_TOO_WEAK']).toContain(strong(password, context));
      },
    ),
  );
});
