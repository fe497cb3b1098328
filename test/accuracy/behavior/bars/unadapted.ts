import type { Judgement } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** Bar 1: automation that makes no effort to hide, by rules alone, in its first window. */
export function measureUnadapted(
  windows: readonly BehaviorWindow[],
  overloaded: readonly BehaviorWindow[],
): Bar {
  const names = bots.filter(({ kind }) => kind === 'unadapted').map(({ name }) => name);
  const rows = names.map((name) => {
    const sessions = firstOf(windows, name);
    const fired = Map.groupBy(
      sessions.flatMap(({ parts }) => parts.rules.map((rule) => rule.name)),
      (rule) => rule,
    );
    return {
      bot: name,
      agent: rateOf(sessions, ({ agent }) => agent?.is_agent === true),
      refused: rateOf(sessions, ({ human }) => !human),
      low: rateOf(sessions, ({ score }) => score < 30),
      overloaded: rateOf(firstOf(overloaded, name), ({ agent }) => agent?.is_agent === true),
      rules: Object.fromEntries([...fired].map(([rule, list]) => [rule, list.length])),
    };
  });
  const all = rows.every(({ agent }) => agent.rate >= 0.99);
  const enough = rows.every(({ agent }) => agent.of >= 50);
  const hits = rows.reduce((sum, { agent }) => sum + agent.hits, 0);
  const of = rows.reduce((sum, { agent }) => sum + agent.of, 0);
  return {
    number: 1,
    title: 'Unadapted automation, rules alone, one window',
    goal: 'is_agent in 99 % and more of at least 50 sessions each',
    verdict: all ? (enough ? 'holds' : 'in part') : 'missed',
    result: `${hits} of ${of} sessions${enough ? '' : ` (fewest of one bot: ${Math.min(...rows.map(({ agent }) => agent.of))})`}`,
    lines: markdownTable(
      [
        'bot',
        'is_agent',
        'human=false',
        'score < 30',
        'rules that fired (sessions)',
        'is_agent, machine overloaded',
      ],
      rows.map(({ bot, agent, refused, low, rules, overloaded: aside }) => [
        bot,
        shown(agent),
        shown(refused),
        shown(low),
        Object.entries(rules)
          .map(([rule, n]) => `${rule} ${n}`)
          .join(', '),
        shown(aside),
      ]),
    ),
    measured: rows,
  };
}

const firstOf = (windows: readonly BehaviorWindow[], name: string): Judgement[] =>
  windows
    .filter(({ generator, lengthMs, start }) => generator === name && lengthMs === HALF_MINUTE && start === 0)
    .map((window) => judged(window));
