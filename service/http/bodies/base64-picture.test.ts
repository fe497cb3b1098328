import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LongText } from '../../http/bodies/json-body.ts';
import { Problem } from '../../lib/problem.ts';
import { decodePicture } from './base64-picture.ts';

const MIB = 1024 * 1024;

async function outcome(text: string | LongText, most = MIB): Promise<unknown> {
  try {
    return await decodePicture(text, 'image', most);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [error.code, error.extra.details?.[0]?.message];
  }
}

const notBase64 = ['INVALID_REQUEST', 'It is not base64.'];

describe('decodePicture', () => {
  test('gives back any bytes, from text or from the body, bare or as a data URL', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.boolean(),
        async (bytes, padded) => {
          const base64 = Buffer.from(bytes).toString('base64');
          const text = padded ? base64 : base64.replace(/=+$/, '');
          for (const form of [
            text,
            `data:image/webp;base64,${text}`,
            `DATA:image/jpeg;charset=x;BASE64,${text}`,
          ]) {
            expect(await outcome(form)).toEqual(Buffer.from(bytes));
            expect(await outcome(new LongText(Buffer.from(form)))).toEqual(Buffer.from(bytes));
          }
        },
      ),
    );
  });

  test('takes a picture longer than one piece, whole', async () => {
    const bytes = Buffer.alloc(3 * MIB + 1, 'gatehouse');
    const text = bytes.toString('base64');
    expect(bytes.equals((await outcome(text, 4 * MIB)) as Buffer)).toBe(true);
    expect(bytes.equals((await outcome(new LongText(Buffer.from(text)), 4 * MIB)) as Buffer)).toBe(true);
    const at = 2 * MIB + 7;
    expect(await outcome(`${text.slice(0, at)}*${text.slice(at + 1)}`, 4 * MIB)).toEqual(notBase64);
  });

  test('takes line breaks as mail and openssl make them', async () => {
    const bytes = Buffer.alloc(1000, 5);
    for (const end of ['\r\n', '\n']) {
      const text = bytes.toString('base64').replace(/(.{76})/g, `$1${end}`);
      expect(await outcome(text)).toEqual(bytes);
      expect(await outcome(`data:image/png;base64,${text}${end}`)).toEqual(bytes);
    }
  });

  test('takes white space around the text and around the data, also much of it', async () => {
    const bytes = Buffer.alloc(100, 5);
    const base64 = bytes.toString('base64');
    const url = 'data:image/png;base64,';
    for (const blank of [' ', '\t\r\n ', ' '.repeat(9000)]) {
      for (const text of [`${blank}${base64}${blank}`, `${blank}${url}${blank}${base64}${blank}`]) {
        expect(await outcome(text)).toEqual(bytes);
        expect(await outcome(new LongText(Buffer.from(text)))).toEqual(bytes);
      }
      expect(await outcome(blank)).toEqual(['INVALID_REQUEST', 'It is empty.']);
    }
  });

  test('refuses one strange character anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 3, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom('!', ' ', '*', '=', 'é', '\u0141', '\u{1f600}', '\0', ','),
        async (bytes, position, strange) => {
          const base64 = Buffer.from(bytes).toString('base64').replace(/=+$/, '');
          // A "=" at the very end is padding.
          // A space before the first character is white space around the text.
          const at = 1 + (position % (base64.length - 1));
          const text = `${base64.slice(0, at)}${strange}${base64.slice(at + 1)}x`;
          expect(await outcome(text)).toEqual(notBase64);
          expect(await outcome(new LongText(Buffer.from(text)))).toEqual(notBase64);
        },
      ),
    );
  });

  test.each<[string, unknown]>([
    ['A', notBase64],
    ['AAAAA', notBase64],
    ['AA=', notBase64],
    ['AAA==', notBase64],
    ['====', notBase64],
    ['AA\n\n', Buffer.from([0])],
    ['data:image/jpeg;base64,', ['INVALID_REQUEST', 'It is empty.']],
    ['data:image/jpeg,AAAA', ['INVALID_REQUEST', 'A data URL must begin like "data:image/jpeg;base64,".']],
    ['data:AAAA', ['INVALID_REQUEST', 'A data URL must begin like "data:image/jpeg;base64,".']],
    [`data:image/${'j'.repeat(200)};base64,AAAA`, Buffer.alloc(3)],
    [`data:image/jpeg;name=${'%E3%81%82'.repeat(20_000)}.jpg;base64,AAAA`, Buffer.alloc(3)],
    [`data:image/jpeg;name=${'a'.repeat(4096 - 26)};base64,AAAA`, Buffer.alloc(3)],
    ['data:image/jpeg;name="Anna, 2.jpg"; base64 ,AAAA', Buffer.alloc(3)],
    ['data:;base64,AAAA', Buffer.alloc(3)],
    [
      `data:image/jpeg,${'A'.repeat(20_000)}`,
      ['INVALID_REQUEST', 'A data URL must begin like "data:image/jpeg;base64,".'],
    ],
    ['-_8=', Buffer.from([0xfb, 0xff])],
  ])('%j', async (text, expected) => {
    expect(await outcome(text)).toEqual(expected);
  });

  test('measures before it decodes', async () => {
    const base64 = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
    expect(await outcome(base64(MIB))).toHaveLength(MIB);
    expect(await outcome(base64(MIB + 1))).toEqual(['IMAGE_TOO_LARGE', 'At most 1 MiB.']);
    expect(await outcome('!'.repeat(3 * MIB))).toEqual(['IMAGE_TOO_LARGE', 'At most 1 MiB.']);
  });
});
