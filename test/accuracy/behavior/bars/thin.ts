import type { BehaviorModel, Judgement } from '../../../../service/engine/behavior/index.ts';
import { judgeBehavior } from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { rateOfPeople, shown } from '../figures.ts';
import { emptyTrack } from '../sets/data-set.ts';
import { type Track, vectorOf } from '../track.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, judged } from './bar.ts';

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

/** Bar 6: little is known, and little is said. */
export function measureThin(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const without = judgeBehavior(undefined, { model });
  const empty = judged({ data: vectorOf(nothing, 0, 5_000) }, model);
  const click = judged({ data: vectorOf(oneClick, 0, 5_000) }, model);
  const short = windows
    .filter(
      ({ label, half, lengthMs, set }) =>
        label === 'human' && half === 'held-out' && lengthMs <= 3_000 && set !== 'aalto',
    )
    .map((window) => ({ ...window, result: judged(window, model) }));
  const rows = [1_000, 3_000].map((lengthMs) => {
    const list = short.filter((one) => one.lengthMs === lengthMs);
    const of = (hit: (result: Judgement) => boolean) =>
      rateOfPeople(
        list,
        ({ person }) => person,
        ({ result }) => hit(result),
      );
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
  const holds = rows.every(
    ({ inside, agent, noted }) => inside.rate >= 0.97 && agent.hits === 0 && noted.hits === noted.of,
  );
  return {
    number: 6,
    title: 'Thin data',
    goal: '0 events: 0.49 (contracts decide); 1 click 0.48 to 0.52; up to 3 s: 0.40 to 0.60 for 97 % of people, never is_agent without a hard rule, always insufficient_data',
    verdict: fixed && holds ? 'holds' : 'missed',
    result: `none ${without.confidence}, empty ${empty.confidence}, one click ${click.confidence}; ${rows.map(({ lengthMs, inside }) => `${lengthMs / 1000} s: ${shown(inside)} inside`).join('; ')}`,
    lines: [
      `No vector ${without.confidence}, a vector without events ${empty.confidence}, one click ${click.confidence} (${click.notes.join(', ')}).`,
      '',
      ...markdownTable(
        [
          'held-out windows of',
          'confidence 0.40 to 0.60',
          'human=false',
          'is_agent without a hard rule',
          'insufficient_data',
        ],
        rows.map(({ lengthMs, inside, agent, refused, noted }) => [
          ...[`${lengthMs / 1000} s`, shown(inside), shown(refused), shown(agent), shown(noted)],
        ]),
      ),
    ],
    measured: { without: without.confidence, empty: empty.confidence, click: click.confidence, rows },
  };
}
