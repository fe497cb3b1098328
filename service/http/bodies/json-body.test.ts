import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import { type JsonOptions, LongText, parseJson } from './json-body.ts';

const read = (text: string | Buffer) => parseJson(Buffer.from(text as string));

function refusal(text: string | Buffer, options?: JsonOptions) {
  try {
    return { accepted: parseJson(Buffer.from(text as string), options) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [error.code, error.message];
  }
}

describe('parseJson', () => {
  test('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('\\u0000') && !/\\ud[89a-f]/i.test(text) && !text.includes('__proto__'));
        expect(read(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test('agrees with JSON.parse on broken text: both refuse, and only with a Problem', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ \n',
      '"a"',
      '\\"',
      '1',
      '-',
      '1e5',
      'true',
      'null',
      '\\u00e9',
      'é',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        let expected: unknown;
        try {
          expected = { accepted: JSON.parse(text) };
        } catch {
          expect(refusal(text)).toEqual(['MALFORMED_JSON', expect.any(String)]);
          return;
        }
        const answer = refusal(text);
        // What JSON.parse takes and we do not: a name twice, and 1e5111 (Infinity there).
        if (Array.isArray(answer)) expect(answer[1]).toMatch(/twice|number too large/);
        else expect(answer).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });

  test('skips a byte order mark and takes escaped slashes, as PHP writes them', () => {
    expect(read('\ufeff{"image":"\\/9j\\/4AAQ","n":-0.5e-3}')).toEqual({ image: '/9j/4AAQ', n: -0.0005 });
  });

  test.each<[string, string | Buffer, string]>([
    ['nothing', '', 'The body is empty; JSON was announced.'],
    ['only a byte order mark', Buffer.from([0xef, 0xbb, 0xbf]), 'The body is empty; JSON was announced.'],
    ['Latin-1', Buffer.from([0x22, 0xe9, 0x22]), 'The body is not UTF-8.'],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'The body is not UTF-8.'],
    ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'The body is not UTF-8.'],
    ['UTF-16', Buffer.from('["é"]', 'utf16le'), 'The body is not UTF-8.'],
    ['a name twice', '{"a":1,"b":2,"a":3}', 'The body has a field twice in one object.'],
    ['a name twice, once escaped', '{"a":1,"\\u0061":3}', 'The body has a field twice in one object.'],
    ['a lone surrogate', '["\\ud800"]', 'The body has a text with half a character (a lone surrogate).'],
    [
      'surrogates the wrong way round',
      '["\\udd1e\\ud834"]',
      'The body has a text with half a character (a lone surrogate).',
    ],
    [
      'a lone surrogate in a name',
      '{"\\udc00":1}',
      'The body has a text with half a character (a lone surrogate).',
    ],
    ['NUL', '{"email":"a\\u0000@b.example"}', 'The body has a text with the character U+0000.'],
    ['a number too large', '{"a":1e400}', 'The body has a number too large to be represented.'],
    ['a number too small', '[-1e309]', 'The body has a number too large to be represented.'],
    ['four hundred digits', `[${'9'.repeat(400)}]`, 'The body has a number too large to be represented.'],
    ['__proto__', '{"__proto__":{"verified":true}}', 'The body has a field whose name is not allowed.'],
    [
      '__proto__, escaped, deep',
      '[{"a":{"\\u005f_proto__":1}}]',
      'The body has a field whose name is not allowed.',
    ],
    [
      'constructor.prototype',
      '{"constructor":{"prototype":{}}}',
      'The body has a field whose name is not allowed.',
    ],
    ['depth 33', `${'['.repeat(33)}${']'.repeat(33)}`, 'The body is nested deeper than 32 levels.'],
    ['five million brackets', '['.repeat(5_000_000), 'The body is nested deeper than 32 levels.'],
    ['a text without end', '{"a":"b', 'The body is not JSON: a text does not end.'],
    ['a broken escape', '["\\u12"]', 'The body is not JSON: a text has a broken escape.'],
    ['a comma too many', '{"a":1,}', 'The body is not JSON: it breaks at character 7.'],
    ['the wrong bracket', '[1}', 'The body is not JSON: it breaks at character 2.'],
    ['NaN', '[NaN]', 'The body is not JSON.'],
  ])('refuses %s', (_, text, sentence) => {
    expect(refusal(text)).toEqual(['MALFORMED_JSON', sentence]);
  });

  test('keeps what only looks forbidden', () => {
    const text =
      '{"a":{"x":1},"b":{"x":1},"constructor":"Bosch","prototype":1,"c":["a","a"],"d":"__proto__"}';
    expect(read(text)).toEqual(JSON.parse(text));
    expect(read(`${'['.repeat(32)}${']'.repeat(32)}`)).toEqual(
      JSON.parse(`${'['.repeat(32)}${']'.repeat(32)}`),
    );
    expect(read('["\\ud834\\udd1e", 1e308, 12345678901234567890]')).toEqual([
      '𝄞',
      1e308,
      12345678901234567000,
    ]);
  });

  test('bounds the number of values', () => {
    expect(refusal('[1,2,3]', { limits: { depth: 8, tokens: 6 } })).toEqual({ accepted: [1, 2, 3] });
    expect(refusal('[1,2,3]', { limits: { depth: 8, tokens: 5 } })).toEqual([
      'PAYLOAD_TOO_LARGE',
      'The body has more than 5 values, names and commas, the most this call takes. Leave out what it does not need.',
    ]);
    expect(refusal(`[${'1,'.repeat(10_000)}1]`)).toEqual([
      'PAYLOAD_TOO_LARGE',
      expect.stringMatching(/more than 20000 values/),
    ]);
  });

  test.each([
    ['white space', `{"a":${' '.repeat(700)}1}`, /640 bytes of white space/],
    ['brackets that close nothing', ']'.repeat(700), /640 bytes of white space/],
    ['escaped quotation marks', `["${'\\"'.repeat(20)}"]`, /more than 10 values/],
    ['a number that never ends', `[1${'0'.repeat(2_000)}]`, /number of more than 1024 characters/],
  ])('bounds what costs as much as values: %s', (_, text, sentence) => {
    expect(refusal(text, { limits: { tokens: 10 } })).toEqual([
      expect.stringMatching(/^(PAYLOAD_TOO_LARGE|MALFORMED_JSON)$/),
      expect.stringMatching(sentence),
    ]);
  });

  test('bounds escapes, far above what the base64 of a largest body holds', () => {
    const escaped = (count: number) => `["${'\\/'.repeat(count)}"]`;
    expect(refusal(escaped(1_000_000))).toHaveProperty('accepted');
    expect(refusal(escaped(1_000_001))).toEqual([
      'PAYLOAD_TOO_LARGE',
      expect.stringMatching(/more than 1000000 escaped characters; send base64 without escapes/),
    ]);
  });

  test('leaves long texts where they lie, when asked to', () => {
    const long = 'x'.repeat(70_000);
    const body = Buffer.from(
      JSON.stringify({ a: long, b: [`${long}é`, 'short'], c: `${long}\n`, [long]: 1 }),
    );
    const parsed = parseJson(body, { longTexts: true }) as Record<string, unknown>;
    const [second, third] = parsed.b as unknown[];
    expect(parsed.a).toEqual(new LongText(Buffer.from(long)));
    expect((parsed.a as LongText).bytes.buffer).toBe(body.buffer);
    expect((second as LongText).bytes.toString()).toBe(`${long}é`);
    expect([third, parsed.c, parsed[long]]).toEqual(['short', `${long}\n`, 1]);
    expect(parseJson(body)).toEqual(JSON.parse(body.toString()));
    expect(refusal(`{"a":"${long}" "b"}`, { longTexts: true })).toEqual([
      'MALFORMED_JSON',
      'The body is not JSON.',
    ]);
    expect(refusal(`{"b":"\\u00000","a":"${long}"}`, { longTexts: true })).toEqual([
      'MALFORMED_JSON',
      'The body has a text with the character U+0000.',
    ]);
  });

  test('never quotes the body', () => {
    for (const text of ['{"email":"alice@example.com"', '{"key": prf_live_secret}', '{"a":alice}']) {
      expect(JSON.stringify(refusal(text))).not.toMatch(/alice|secret|prf/);
    }
  });
});
