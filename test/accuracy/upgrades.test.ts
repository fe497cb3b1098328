import { expect, test } from 'vitest';
import { measuredByGroups, scorerR } from '../support/engine.ts';
import { direction, near } from '../support/faces.ts';
import { measureUpgrades, upgradesAsText } from './upgrades.ts';

const scorers = [
  measuredByGroups({ ...scorerR, id: 'a', supersededBy: 'r' }),
  measuredByGroups({ ...scorerR, terms: [{ model: 'b-net', weight: 1, offset: 0 }] }),
];

/** Former: cosine to `former`'s face by the superseded embedder; by the one in use each person has a face of their own. */
const picture = (who: string, name: string, former = who, cosine = 0.97) => ({
  'a-net': near(direction(former), cosine, name),
  'b-net': near(direction(`${who} in use`), 0.97, name),
});

test('a stranger of the former embedder who comes twice is counted, and so are the visits of the person', () => {
  const ada = ['1', '2', '3'].map((one) => picture('ada', one));
  const twin = ['4', '5'].map((one) => picture('twin', one, 'ada'));
  const groups = [
    { name: 'north', embeddings: [picture('bea', '6'), picture('cid', '7', 'bea'), picture('dan', '8')] },
  ];
  const [report] = measureUpgrades([ada, twin], groups, scorers);
  expect(report).toMatchObject({
    scorer: 'a',
    pairs: { people: 12, groups: 6 },
    verified: { people: 12, groups: 2 },
    kept: { people: 12, groups: 2 },
    // Two pictures of the twin against each of three, three of ada against each of two in pairs.
    upgraded: 3 + 2 * 3,
  });
  expect(report!.genuine.slice(0, 2)).toEqual([
    { pictures: 1, visits: 1, upgraded: 1 },
    { pictures: 2, visits: 0, upgraded: 0 },
  ]);
  expect(upgradesAsText([report!], 'made for tests')).toContain(
    'two visits of one stranger upgrade          9',
  );
});
