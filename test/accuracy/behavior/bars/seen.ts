import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { mean, percent, rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** Bar 3: imitators whose other sessions the model was trained on, in sessions that it was not, one window each. */
export function measureSeen(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const rows = bots
    .filter(({ kind }) => kind === 'humanised')
    .map(({ name, about }) => {
      const fresh = windows.filter(
        ({ generator, half, lengthMs }) =>
          generator === name && half === 'held-out' && lengthMs === HALF_MINUTE,
      );
      const results = fresh.map((window) => judged(window, model));
      return {
        name,
        about,
        refused: rateOf(results, ({ human }) => !human),
        agent: rateOf(results, ({ agent }) => agent?.is_agent === true),
        low: rateOf(results, ({ score }) => score < 30),
        rules: rateOf(fresh, (window) => !judged(window).human),
      };
    });
  const rates = rows.map(({ refused }) => refused.rate);
  const worst = rows.reduce((least, row) => (row.refused.rate < least.refused.rate ? row : least));
  return {
    number: 3,
    title: 'Humanised generators that training has seen, fresh Chromium sessions, one window',
    goal: 'human=false 80 % on average, none under 45 %',
    verdict: mean(rates) >= 0.8 && worst.refused.rate >= 0.45 ? 'holds' : 'missed',
    result: `mean ${percent(mean(rates))}, worst ${worst.name} ${shown(worst.refused)}`,
    lines: markdownTable(
      ['generator', 'human=false', 'score < 30', 'is_agent', 'human=false by rules alone'],
      rows.map(({ name, about, refused, low, agent, rules }) => [
        ...[`${name} (${about})`, shown(refused), shown(low), shown(agent), shown(rules)],
      ]),
    ),
    measured: rows,
  };
}
