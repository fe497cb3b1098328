import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { type Rate, rateOf, rateOfPeople, shown } from '../figures.ts';
import { type Authors, aboutSessions, authorsOf, isLater, personOf, shownAuthors } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, isFull, judged, type Layer, layersOf } from './bar.ts';

interface Row extends Authors {
  layer: string;
  set: string;
  refused: Rate;
  agent: Rate;
  low: Rate;
  worst: { person: string; refused: Rate };
}

const ALL = 'all sets';
const FIRST = 'webbot, balabit, captcha';
const LATER = 'found later';

/** Bar 2: people who took no part in any threshold or weight, in windows of half a minute with at least eight movements. */
export function measurePeople(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const people = windows.filter(
    (window) => isFull(window) && window.label === 'human' && window.half === 'held-out',
  );
  const [later, first] = [people.filter(isLater), people.filter((window) => !isLater(window))];
  const groups: (readonly [string, BehaviorWindow[]])[] = [
    ...(later.length === 0 ? [] : [[ALL, people] as const]),
    [FIRST, first],
    ...Map.groupBy(first, ({ set }) => set),
    ...(later.length === 0 ? [] : [[LATER, later] as const]),
    ...Map.groupBy(later, ({ set }) => set),
  ];
  const rows = layersOf(model).flatMap((layer) => groups.map(([set, list]) => rowOf(layer, set, list)));
  // The promise is of all held-out people together (BEHAVIOR.md §6.6); sets are reported.
  const judgedBy = rows.filter(({ set }) => set === (later.length === 0 ? FIRST : ALL));
  const missed = judgedBy.filter((row) => !holds(row));
  const pooled = rows.filter(({ set }) => [ALL, FIRST, LATER].includes(set));
  return {
    number: 2,
    title: 'Held-out people, half a minute with eight movements and more',
    goal: 'human=false 2 %, is_agent 0.5 %, score < 30 0.5 % at most; all held-out people together; per set and worst person reported',
    verdict: missed.length === 0 ? 'holds' : missed.length < judgedBy.length ? 'in part' : 'missed',
    result: pooled
      .map(
        ({ layer, set, refused, agent, low, ...authors }) =>
          `${layer}, ${set} (${shownAuthors(authors)}): human=false ${shown(refused)}, is_agent ${agent.hits}, score < 30 ${low.hits}`,
      )
      .join('; '),
    lines: [
      ...markdownTable(
        ['layer', 'set', 'of', 'human=false', 'is_agent', 'score < 30', 'person with most'],
        rows.map(({ layer, set, refused, agent, low, worst, ...authors }) => [
          ...[layer, set, shownAuthors(authors), shown(refused), shown(agent), shown(low)],
          `${worst.refused.hits} of ${worst.refused.of}`,
        ]),
      ),
      '',
      aboutSessions,
      ...aboutLater(later.length),
    ],
    measured: rows,
  };
}

const aboutLater = (many: number): string[] =>
  many === 0
    ? []
    : [
        '',
        'Found later (`GATEHOUSE_MOUSE_SETS`), in the row of all sets and apart: **sapimouse**, people in a web page that asks them to click, double-click and drag shapes (Antal et al. 2021, 120 people, half of them held out; published for research), and **balabit-more**, people of the Balabit set who are not in the shared data, four of five held out, the first twenty minutes of each recording. The other half of either is in training.',
      ];

const holds = ({ refused, agent, low }: Row): boolean =>
  refused.rate <= 0.02 && agent.rate <= 0.005 && low.rate <= 0.005;

function rowOf({ layer, model }: Layer, set: string, list: readonly BehaviorWindow[]): Row {
  const results = list.map((window) => ({ person: personOf(window), ...judged(window, model) }));
  const of = (hit: (result: (typeof results)[number]) => boolean) =>
    rateOfPeople(results, ({ person }) => person, hit);
  const persons = [...Map.groupBy(results, ({ person }) => person)]
    .map(([person, own]) => ({ person, refused: rateOf(own, ({ human }) => !human) }))
    .sort((a, b) => b.refused.rate - a.refused.rate || b.refused.of - a.refused.of);
  return {
    layer,
    set,
    ...authorsOf(list),
    worst: persons[0]!,
    refused: of(({ human }) => !human),
    agent: of(({ agent }) => agent?.is_agent === true),
    low: of(({ score }) => score < 30),
  };
}
