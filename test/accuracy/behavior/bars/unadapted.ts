import type { Judgement } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import type { Trace } from '../../../bots/trace.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { quantile, rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** Bar 1: automation that makes no effort to hide, by rules alone, in its first window. Every recorded session counts. */
export function measureUnadapted(windows: readonly BehaviorWindow[], traces: readonly Trace[]): Bar {
  const names = bots.filter(({ kind }) => kind === 'unadapted').map(({ name }) => name);
  const rows = names.map((name) => {
    const sessions = windows
      .filter(
        ({ generator, lengthMs, start }) => generator === name && lengthMs === HALF_MINUTE && start === 0,
      )
      .map((window) => ({ ...judged(window), presses: window.data.counts.down, keys: window.data.key.n }));
    const late = traces.filter(({ bot }) => bot === name).map((trace) => trace.late ?? Number.NaN);
    const isAgent = ({ agent }: Judgement): boolean => agent?.is_agent === true;
    const fired = Map.groupBy(
      sessions.flatMap(({ parts }) => parts.rules.map((rule) => rule.name)),
      (rule) => rule,
    );
    return {
      bot: name,
      agent: rateOf(sessions, isAgent),
      refused: rateOf(sessions, ({ human }) => !human),
      low: rateOf(sessions, ({ score }) => score < 30),
      late: { median: quantile(late, 0.5), most: Math.max(...late) },
      missed: sessions.filter((one) => !isAgent(one)),
      rules: Object.fromEntries([...fired].map(([rule, list]) => [rule, list.length])),
    };
  });
  const all = rows.every(({ agent }) => agent.rate >= 0.99);
  const enough = rows.every(({ agent }) => agent.of >= 50);
  const [hits, of] = (['hits', 'of'] as const).map((name) =>
    rows.reduce((sum, { agent }) => sum + agent[name], 0),
  );
  const missed = rows.flatMap((row) => row.missed);
  return {
    number: 1,
    title: 'Unadapted automation, rules alone, one window',
    goal: 'is_agent in 99 % and more of at least 50 sessions each',
    verdict: all ? (enough ? 'holds' : 'in part') : 'missed',
    result: `${hits} of ${of} sessions (fewest of one bot: ${Math.min(...rows.map(({ agent }) => agent.of))})`,
    lines: [
      ...markdownTable(
        [
          'bot',
          'is_agent',
          'human=false',
          'score < 30',
          'pauses late by, 95 % quantile of a session: median, most',
          'rules that fired (sessions)',
        ],
        rows.map(({ bot, agent, refused, low, late, rules }) => [
          ...[bot, shown(agent), shown(refused), shown(low)],
          `${late.median.toFixed(1)}, ${late.most.toFixed(1)} ms`,
          Object.entries(rules)
            .map(([rule, n]) => `${rule} ${n}`)
            .join(', '),
        ]),
      ),
      '',
      `Misses: ${missed.length}${missed.map(({ presses, keys }) => ` (${presses} presses, ${keys} keys)`).join(',')}.`,
    ],
    measured: rows.map(({ missed: misses, ...row }) => ({ ...row, missed: misses.length })),
  };
}
