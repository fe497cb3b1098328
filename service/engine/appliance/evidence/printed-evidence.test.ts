import { expect, test } from 'vitest';
import { type PublishedFigure, printedEvidence } from './printed-evidence.ts';

const claim: PublishedFigure = {
  id: 'speed',
  group: 'speed',
  title: 'Speed',
  claim: '50 a second.',
  verdict: 'missed',
  maturity: 'proven',
  data: 'LFW',
  measured: '2026-11-21T12:00',
  commit: 'abc',
  machine: 'AMD',
  command: 'npm run bench',
  table: { head: ['Load'], rows: [['all']] },
  limits: ['One machine.'],
  german: {
    title: 'Geschwindigkeit',
    claim: '50 je Sekunde.',
    data: 'LFW',
    commit: 'abc',
    machine: 'AMD',
    table: { head: ['Last'], rows: [['alle']] },
    limits: ['Ein Rechner.'],
  },
};
const chart = { finding: 'Shares.', bars: [{ label: 'a', value: 0.5, from: 0.4, to: 0.6 }] };
const print = (claims: PublishedFigure[]) =>
  printedEvidence(
    { id: '5bb312ece032', version: '0.1.1', claims },
    { organization: 'Acme', models: [], printed: '2026-11-22 00:00:00 UTC' },
  );

test('claims first, then each with its source, chart, table and limits, then what none says', () => {
  const { sections, lead, foot } = print([{ ...claim, chart }]);
  expect(lead[0]).toBe('Acme. Gatehouse 0.1.1, published figures 5bb312ece032.');
  expect(foot).toBe('Evidence 5bb312ece032 · Gatehouse 0.1.1 · printed 2026-11-22 00:00:00 UTC');
  expect(sections.map(({ heading }) => heading)).toEqual([
    ...['Claims', 'Speed', 'Models of this installation', 'What no figure here says'],
  ]);
  expect(sections[0]?.table?.rows).toEqual([['Speed', '50 a second.', 'goal missed', 'proven']]);
  expect(sections[1]).toEqual({
    heading: 'Speed',
    items: [
      {
        title: '50 a second.',
        facts: [
          ['Goal', 'goal missed'],
          ['Maturity', 'proven'],
          ['Data', 'LFW'],
          ['Measured', '2026-11-21 12:00 UTC, commit abc'],
          ['Machine', 'AMD'],
          ['Measure again', 'npm run bench'],
        ],
      },
    ],
    chart,
    table: claim.table,
    points: { title: 'For what it holds, and what it does not say', lines: ['One machine.'] },
  });
});

test('claims stand in the order of their groups', () => {
  const { sections } = print([claim, { ...claim, id: 'a', title: 'Recognition', group: 'recognition' }]);
  expect(sections[0]?.table?.rows.map(([title]) => title)).toEqual(['Recognition', 'Speed']);
});
