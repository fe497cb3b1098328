import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PublishedEvidence, PublishedFigure } from '../../../service/engine/appliance/index.ts';
import { germanOf } from './german-words.ts';
import { liveClaims } from './live-claims.ts';
import { publishedFile, publishedText } from './publish.ts';

test('the product publishes what docs/evidence keeps: run "npm run generate" after a measurement', () => {
  expect(readFileSync(publishedFile, 'utf8')).toBe(publishedText());
});

test('each claim has its source, what it does not say, and shares inside their intervals', () => {
  const { claims } = JSON.parse(publishedText()) as PublishedEvidence;
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  for (const { id, claim, chart, table, limits, ...source } of claims) {
    expect(claim, id).toMatch(/\d.*\.$/);
    expect(limits.length, id).toBeGreaterThan(0);
    expect(source, id).toMatchObject({
      measured: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/),
      commit: expect.stringMatching(/^[0-9a-f]{12}/),
      command: expect.stringMatching(/^npm run (accuracy|bench) /),
    });
    for (const row of table.rows) expect(row.length, id).toBe(table.head.length);
    for (const { from, to, value, label } of chart?.bars ?? []) {
      expect(from, `${id} ${label}`).toBeLessThanOrEqual(value + 1e-9);
      expect(to, `${id} ${label}`).toBeGreaterThanOrEqual(value - 1e-9);
      expect(to, `${id} ${label}`).toBeLessThanOrEqual(1);
    }
  }
});

/** Common English words that are no German ones, and no names of what was measured. */
const englishWords = new Set(
  [
    'the of and or with without to from by on at as is are be has have that which who these it its no',
    'every each any other others only alone both more most least within under over after before than again',
    'people pictures picture sessions session attacks attack recordings recording screen page window',
    'goal average mean worst share passed pass passes missed holds found never half first second together',
    'held-out false-match cores family for how what one two strangers members rules learned typing',
  ].flatMap((line) => line.split(' ')),
);

type Words = PublishedFigure['german'];
const textsOf = ({ title, claim, data, machine, chart, table, limits }: Words): string[] => [
  ...[title, claim, data, machine],
  ...(chart ? [chart.finding, chart.goal?.label ?? '', ...chart.bars.map(({ label }) => label)] : []),
  ...[...table.head, ...table.rows.flat(), ...limits],
];
const sharesOf = ({ chart }: Words) =>
  chart && [chart.goal?.value, chart.bars.map(({ label, ...share }) => share)];
const sizesOf = ({ table: { head, rows } }: Words) => [head, ...rows].map(({ length }) => length);

test('a claim says in German all that it says in English, with the same figures and no English word', () => {
  const { claims } = JSON.parse(publishedText()) as PublishedEvidence;
  for (const { german, ...claim } of claims) {
    expect(sharesOf(german), claim.id).toEqual(sharesOf(claim));
    expect(sizesOf(german), claim.id).toEqual(sizesOf(claim));
    const [english, texts] = [textsOf(claim), textsOf(german)];
    expect(texts.map(figuresOf), claim.id).toEqual(english.map(figuresOf));
    const found = texts.flatMap((text) =>
      text.split(/[^\p{L}\p{N}_=-]+/u).filter((word) => englishWords.has(word.toLowerCase())),
    );
    expect(found, claim.id).toEqual([]);
    // As German writes figures; versions of the machine are none.
    const figures = texts.filter((text) => text !== german.machine).join('\n');
    expect(figures, claim.id).not.toMatch(/\d\.\d{1,2}\b|\d, \d+,\d|\d to \d/);
  }
});

test('a word without German stops the publishing', () => {
  expect(germanOf('98.5 % to 99.5 % of 1,000 sessions [0.1, 2.5], 2026-11-27')).toBe(
    '98,5 % bis 99,5 % von 1.000 Sitzungen [0,1; 2,5], 2026-11-27',
  );
  expect(() => germanOf('3 of 4 sheep')).toThrow('No German for “sheep”');
});

/** Digits of each figure, in order of size: sentences order them otherwise. */
const figuresOf = (sentence: string) =>
  (sentence.match(/\d[\d.,]*\d|\d/g) ?? []).map((figure) => figure.replaceAll(/[.,]/g, '')).toSorted();

const machine = {
  date: '2026-11-20T12:00',
  commit: 'abcdef012345',
  cpu: 'x',
  cores: 2,
  memoryGiB: 24,
  system: 'linux',
  node: 'v24',
  onnxruntime: '1',
};

/** A kind of attack of which so many of 100 trials were accepted. */
const attack = (species: string, hits: number, draw: 'product' | 'same' = 'product') => ({
  rows: [
    {
      species,
      draw,
      sources: 3,
      trials: 100,
      setting: { pad: true, strict: false },
      accepted: { hits, of: 100, interval: [hits / 200, Math.min(1, hits / 50 + 0.04)] as [number, number] },
    },
  ],
  machine,
});

test('one accepted replay misses the goal of attacks, six of a hundred films that of injection', () => {
  const verdicts = (attacks: Parameters<typeof liveClaims>[0]['attacks']) =>
    liveClaims({ attacks, people: {} }).map(({ verdict }) => verdict);
  const puppet = { puppet: attack('puppet', 5) };
  expect(verdicts({ 'print-still': attack('print-still', 0), ...puppet })).toEqual(['holds', 'holds']);
  expect(verdicts({ 'replay-screen': attack('replay-screen', 1), ...puppet })).toEqual(['missed', 'holds']);
  expect(
    verdicts({
      'print-still': attack('print-still', 0),
      'replay-screen': attack('replay-screen', 1),
      puppet: attack('puppet', 6),
    }),
  ).toEqual(['part', 'missed']);
});

test('rows with the same steps again are in the table and do not decide', () => {
  const [claim] = liveClaims({
    attacks: {
      'print-still': attack('print-still', 0),
      'replay-same': attack('replay-same', 50, 'same'),
      puppet: attack('puppet', 0),
    },
    people: {},
  });
  expect(claim).toMatchObject({ verdict: 'holds', chart: { bars: [{ label: 'print, held still' }] } });
  expect(claim?.table.rows.map(([species]) => species)).toEqual(['print, held still', 'replay-same']);
});
