import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PublishedEvidence } from '../../../service/engine/appliance/index.ts';
import { liveClaims } from './live-claims.ts';
import { publishedFile, publishedText } from './publish.ts';

test('the product publishes what docs/evidence keeps: run "npm run generate" after a measurement', () => {
  expect(readFileSync(publishedFile, 'utf8')).toBe(publishedText());
});

test('each claim has its source, what it does not say, and shares inside their intervals', () => {
  const { claims } = JSON.parse(publishedText()) as PublishedEvidence;
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
  for (const { id, claim, german, chart, table, limits, ...source } of claims) {
    expect(claim, id).toMatch(/\d.*\.$/);
    // The same figures, written as German writes them, and no English one left.
    expect(figuresOf(german.claim), id).toEqual(figuresOf(claim));
    expect(german.claim, id).not.toMatch(/\d\.\d{1,2}\b| to \d/);
    expect(german.limits, id).toHaveLength(limits.length);
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
