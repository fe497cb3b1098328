import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quotedName } from './alert.ts';

describe('the name of a rule in a mail', () => {
  test.each([
    ['Many refusals through one key', '"Many refusals through one key"'],
    ['Door 3 (north)', '"Door 3 (north)"'],
    ['Pay at https://evil.example/now please', '"Pay at [link removed] please"'],
    ['see evil.example', '"see [link removed]"'],
    ['see EVIL．example', '"see [link removed]"'],
    ['see evil。example', '"see [link removed]"'],
    ['mail me@evil', '"mail [link removed]"'],
    ['mailto:me', '"[link removed]"'],
    ['\\\\evil\\share', '"[link removed]"'],
    ['the “real” one', `"the 'real' one"`],
    ['x'.repeat(120), `"${'x'.repeat(80)}"`],
  ])('%s', (name, shown) => {
    expect(quotedName(name)).toBe(shown);
  });

  test('never holds a scheme, a path, an address or a dotted name', () => {
    const pieces = fc.constantFrom(
      'http://',
      'www.',
      'evil',
      '.',
      'example',
      '/',
      '@',
      ' ',
      '。',
      'mailto:',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        expect(quotedName(parts.join(''))).not.toMatch(/[a-z][.。]+[a-z]|[/\\@]|:[a-z]/i);
      }),
    );
  });
});
