import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { renderPdf } from './index.ts';

/** The streams of a PDF, plain. */
function streamsOf(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].flatMap(([, body = '']) => {
    try {
      return [inflateSync(Buffer.from(body, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
}

/** The characters that the document says its glyphs stand for. */
function charactersOf(bytes: Uint8Array): string {
  const maps = streamsOf(bytes).filter((stream) => stream.includes('beginbfrange'));
  const codes = maps.flatMap((map) =>
    [...map.matchAll(/\[([^\]]*)\]/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/<([0-9a-f]+)>/gi)].map(([, hex = '']) =>
        Buffer.from(hex, 'hex').swap16().toString('utf16le'),
      ),
    ),
  );
  return codes.join('');
}

test('a document of several pages, with every letter of European names', async () => {
  const bytes = await renderPdf({
    title: 'Everything',
    lead: ['Acme'],
    foot: 'Printed 2026-11-20 12:00:00 UTC',
    sections: [
      {
        heading: 'Names',
        items: [{ title: '1 of 1', facts: [['Name', 'Łukasz Žižek, Дмитрий, Ελένη, Nguyễn, 李']] }],
      },
      {
        heading: 'Long',
        note: 'Many lines.',
        items: Array.from({ length: 90 }, (_, i) => ({ facts: [[`Line ${i}`, 'x '.repeat(60)] as const] })),
      },
    ],
  });
  const text = Buffer.from(bytes).toString('latin1');
  expect(text.slice(0, 5)).toBe('%PDF-');
  const pages = [...text.matchAll(/\/Type \/Page\n/g)].length;
  expect(pages).toBeGreaterThan(2);
  expect(pages).toBeLessThan(8);
  // A4, in points.
  expect(text).toContain('/MediaBox [0 0 595.28 841.89]');
  const characters = charactersOf(bytes);
  for (const letter of 'ŁukaszŽДмитрйΕλένηễ+674') expect(characters).toContain(letter);
  // One part of the font for each script.
  expect([...text.matchAll(/\/FontFile2/g)].length).toBe(5);
}, 20_000);
