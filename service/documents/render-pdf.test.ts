import { inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createPdfPrinter, renderPdf } from './index.ts';

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

/** The text of each page of a document in one font; where a line was broken the blank is gone. */
function pagesOf(bytes: Uint8Array): string[] {
  const characters = charactersOf(bytes);
  return streamsOf(bytes).flatMap((stream) =>
    stream.includes(' Tf')
      ? [[...stream.matchAll(/<([0-9a-f]+)>/g)].map(([, hex = '']) => decoded(hex, characters)).join('')]
      : [],
  );
}

/** Four digits a glyph: its place in the list of characters. */
const decoded = (hex: string, characters: string): string =>
  (hex.match(/.{4}/g) ?? []).map((code) => characters[Number.parseInt(code, 16)] ?? '').join('');

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
});

test('a table longer than a page repeats its head; charts have their labels and shares', async () => {
  const bytes = await renderPdf({
    title: 'Figures',
    lead: [],
    foot: 'Printed',
    sections: [
      {
        heading: 'Attacks',
        items: [],
        chart: {
          finding: 'Accepted.',
          goal: { value: 0.05, label: 'goal: 5 %' },
          bars: [{ label: 'print', value: 0.125, from: 0.1, to: 0.2 }],
        },
        table: {
          head: ['Zebra', 'A long heading of a column'],
          rows: Array.from({ length: 120 }, (_, i) => [`row ${i}`, 'words '.repeat(12)]),
        },
        points: { title: 'Limits', lines: ['Quiet line.'] },
      },
    ],
  });
  const pages = pagesOf(bytes);
  expect(pages.length).toBeGreaterThan(2);
  for (const page of pages) expect(page.match(/Zebra/g)).toHaveLength(1);
  const all = pages.join('');
  for (let i = 0; i < 120; i++) expect(all).toContain(`row ${i}words`);
  for (const text of ['Accepted.', 'print12.5 %', 'Dashed: goal: 5 %.', 'Limits–Quiet line.', 'Page 1 of'])
    expect(all).toContain(text);
});

test('a picture in base64, and a text of line breaks, are printed in lines', async () => {
  const bytes = await renderPdf({
    title: 'Long',
    lead: [],
    foot: 'Printed',
    sections: [
      {
        heading: 'Values',
        items: [
          { facts: [['Picture', 'QUJD'.repeat(20_000)] as const, ['Answer', '\n'.repeat(4_000)] as const] },
        ],
      },
    ],
  });
  const all = pagesOf(bytes).join('');
  // A word may go on behind the foot of its page.
  expect(all.match(/Q/g)).toHaveLength(20_000);
  expect(all.match(/\[/g)).toHaveLength(4_000);
  expect(all).toContain('[U+000A]');
});

test('what turns the reading direction or forges a line is shown by its code', async () => {
  const bytes = await renderPdf({
    title: 'Name',
    lead: [],
    foot: 'Printed',
    sections: [{ heading: 'Person', items: [{ facts: [['Name', 'Ada\u202eeda\u0000\u2028Erased: yes']] }] }],
  });
  expect(pagesOf(bytes).join('')).toContain('Ada[U+202E]eda[U+0000][U+2028]Erased: yes');
});

test('one document is printed at a time; organizations take turns, and what is too much is refused', async () => {
  const rendered: { title: string; done: (bytes: Uint8Array) => void }[] = [];
  const print = createPdfPrinter({
    clock: { now: () => 0 },
    render: ({ title }) => new Promise((done) => rendered.push({ title, done })),
  });
  const made: string[] = [];
  const order = (organization: string, title: string) =>
    print({ world: 'live', organization, key: '' }, async () => {
      made.push(title);
      return { title, lead: [], foot: '', sections: [] };
    }).then(
      () => 'printed',
      ({ code }) => String(code),
    );
  const many = Array.from({ length: 40 }, (_, i) => order('a', `a${i}`));
  const other = order('b', 'b');
  await expect.poll(() => rendered.map(({ title }) => title)).toEqual(['a0']);
  expect(made).toEqual(['a0']);
  rendered[0]!.done(new Uint8Array());
  await expect.poll(() => rendered.map(({ title }) => title)).toEqual(['a0', 'b']);
  for (let i = 1; i < 17; i++) {
    rendered[i]!.done(new Uint8Array());
    if (i < 16) await expect.poll(() => rendered.length).toBe(i + 2);
  }
  expect(await other).toBe('printed');
  const answers = await Promise.all(many);
  expect(answers.filter((answer) => answer === 'printed')).toHaveLength(16);
  expect(answers.filter((answer) => answer === 'OVERLOADED')).toHaveLength(24);
});
