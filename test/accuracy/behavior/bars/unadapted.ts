import type { Judgement } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import type { Trace } from '../../../bots/trace.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** Processes that want to run, for each core, above which pages starve. Chosen after the first look at the misses: it splits, and leaves nothing out. */
const OVERLOAD = 10;
/** Rules of presses ask for three. */
const FEW_PRESSES = 3;

/** Bar 1: automation that makes no effort to hide, by rules alone, in its first window. Every recorded session counts. */
export function measureUnadapted(windows: readonly BehaviorWindow[], traces: readonly Trace[]): Bar {
  const starved = new Set(
    traces.filter(({ load, cores }) => load > OVERLOAD * cores).map(({ bot, seed }) => `${bot}-${seed}`),
  );
  const names = bots.filter(({ kind }) => kind === 'unadapted').map(({ name }) => name);
  const rows = names.map((name) => {
    const sessions = windows
      .filter(
        ({ generator, lengthMs, start }) => generator === name && lengthMs === HALF_MINUTE && start === 0,
      )
      .map((window) => ({
        ...judged(window),
        starved: starved.has(window.session),
        presses: window.data.counts.down,
      }));
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
      free: rateOf(
        sessions.filter((one) => !one.starved),
        isAgent,
      ),
      starved: rateOf(
        sessions.filter((one) => one.starved),
        isAgent,
      ),
      missed: sessions.filter((one) => !isAgent(one)),
      rules: Object.fromEntries([...fired].map(([rule, list]) => [rule, list.length])),
    };
  });
  const all = rows.every(({ agent }) => agent.rate >= 0.99);
  const enough = rows.every(({ agent }) => agent.of >= 50);
  const total = (rate: 'agent' | 'free' | 'starved'): string =>
    `${rows.reduce((sum, row) => sum + row[rate].hits, 0)} of ${rows.reduce((sum, row) => sum + row[rate].of, 0)}`;
  const missed = rows.flatMap((row) => row.missed);
  const few = missed.filter(({ presses }) => presses < FEW_PRESSES).length;
  return {
    number: 1,
    title: 'Unadapted automation, rules alone, one window',
    goal: 'is_agent in 99 % and more of at least 50 sessions each',
    verdict: all ? (enough ? 'holds' : 'in part') : 'missed',
    result: `${total('agent')} sessions (fewest of one bot: ${Math.min(...rows.map(({ agent }) => agent.of))}); ${total('free')} at a load up to ${OVERLOAD} a core, ${total('starved')} above; ${few} of ${missed.length} misses had fewer than three presses in the window`,
    lines: [
      ...markdownTable(
        [
          'bot',
          'is_agent',
          'human=false',
          'score < 30',
          `load up to ${OVERLOAD} a core`,
          'load above',
          'rules that fired (sessions)',
        ],
        rows.map(({ bot, agent, refused, low, free, starved: above, rules }) => [
          ...[bot, shown(agent), shown(refused), shown(low), shown(free), shown(above)],
          Object.entries(rules)
            .map(([rule, n]) => `${rule} ${n}`)
            .join(', '),
        ]),
      ),
      '',
      `Misses: ${missed.length}, ${few} of them with fewer than three presses in the window. Rules of presses ask for three, and holds that jitter with the machine hide a constant delay: a form of two presses, typed with a delay, passes. The split by load was chosen after these misses were seen; the verdict counts every session.`,
    ],
    measured: rows.map(({ missed: misses, ...row }) => ({ ...row, missed: misses.length })),
  };
}
