import {
  type BehaviorModel,
  type Judgement,
  judgeBehavior,
} from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { type Rate, rateOfPeople, shown } from '../figures.ts';
import { aboutSessions, emptyTrack, personOf } from '../sets/data-set.ts';
import { type Track, vectorOf } from '../track.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, judged, type Layer, layersOf } from './bar.ts';

const nothing: Track = {
  ...emptyTrack,
  session: 'nothing-at-all-here',
  from: 0,
  to: 5_000,
  moves: [],
  events: [],
};
const oneClick: Track = {
  ...nothing,
  moves: [{ t: 1_000, x: 200, y: 100 }],
  presses: [{ t: 1_200, x: 200, y: 100, kind: 'mouse', held: 95 }],
  events: [
    { t: 1_000, counts: ['move'] },
    { t: 1_200, counts: ['down'] },
    { t: 1_295, counts: ['up'] },
  ],
};

interface Row {
  lengthMs: number;
  inside: Rate;
  agent: Rate;
  refused: Rate;
  noted: Rate;
}
interface Measured {
  layer: string;
  without: number;
  empty: number;
  click: number;
  notes: string[];
  rows: Row[];
  holds: boolean;
}

/** Bar 6: little is known, and little is said. */
export function measureThin(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const people = windows.filter(
    ({ label, half, lengthMs, set }) =>
      label === 'human' && half === 'held-out' && lengthMs <= 3_000 && set !== 'aalto',
  );
  const measured = layersOf(model).map((layer) => measureLayer(people, layer));
  const good = measured.filter(({ holds }) => holds);
  return {
    number: 6,
    title: 'Thin data',
    goal: '0 events: 0.49 (contracts decide); 1 click 0.48 to 0.52; up to 3 s: 0.40 to 0.60 for 97 % of people, never is_agent without a hard rule, always insufficient_data',
    verdict: good.length === measured.length ? 'holds' : good.length > 0 ? 'in part' : 'missed',
    result: measured
      .map(
        ({ layer, without, empty, click, rows }) =>
          `${layer}: none ${without}, empty ${empty}, one click ${click}; ${rows.map(({ lengthMs, inside }) => `${lengthMs / 1000} s: ${shown(inside)} inside`).join('; ')}`,
      )
      .join('; '),
    lines: [
      ...measured.map(
        ({ layer, without, empty, click, notes }) =>
          `With ${layer}: no vector ${without}, a vector without events ${empty}, one click ${click} (${notes.join(', ')}).`,
      ),
      '',
      ...markdownTable(
        [
          'layer',
          'held-out windows of',
          'confidence 0.40 to 0.60',
          'human=false',
          'is_agent without a hard rule',
          'insufficient_data',
        ],
        measured.flatMap(({ layer, rows }) =>
          rows.map(({ lengthMs, inside, agent, refused, noted }) => [
            ...[layer, `${lengthMs / 1000} s`],
            ...[shown(inside), shown(refused), shown(agent), shown(noted)],
          ]),
        ),
      ),
      '',
      aboutSessions,
    ],
    measured,
  };
}

function measureLayer(people: readonly BehaviorWindow[], { layer, model }: Layer): Measured {
  const without = judgeBehavior(undefined, model && { model });
  const empty = judged({ data: vectorOf(nothing, 0, 5_000) }, model);
  const click = judged({ data: vectorOf(oneClick, 0, 5_000) }, model);
  const results = people.map((window) => ({ ...window, result: judged(window, model) }));
  const rows = [1_000, 3_000].map((lengthMs): Row => {
    const list = results.filter((one) => one.lengthMs === lengthMs);
    const of = (hit: (result: Judgement) => boolean) =>
      rateOfPeople(list, personOf, ({ result }) => hit(result));
    return {
      lengthMs,
      inside: of(({ confidence }) => confidence >= 0.4 && confidence <= 0.6),
      agent: of(({ agent, hardRule }) => agent?.is_agent === true && !hardRule),
      refused: of(({ human }) => !human),
      noted: of(({ notes }) => notes.includes('insufficient_data')),
    };
  });
  const fixed =
    without.confidence === 0.49 &&
    empty.confidence === 0.49 &&
    click.confidence >= 0.48 &&
    click.confidence <= 0.52;
  const holds =
    fixed &&
    rows.every(
      ({ inside, agent, noted }) => inside.rate >= 0.97 && agent.hits === 0 && noted.hits === noted.of,
    );
  return {
    layer,
    rows,
    holds,
    notes: click.notes,
    without: without.confidence,
    empty: empty.confidence,
    click: click.confidence,
  };
}
