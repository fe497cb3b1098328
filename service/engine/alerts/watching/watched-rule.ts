import { createWindows, type Windows } from '../../../lib/sliding-window.ts';
import { LEAST_JUDGED } from '../alert-rule.ts';
import type { StoredRule } from '../rule-store.ts';
import { type Counted, countedAs, type SeenEvent } from './counted-event.ts';
import { countedIn, countOne } from './windows.ts';

const MINUTE = 60_000;
/** Of `bot-rate`: every judged visit, and those by programs. */
const [JUDGED, BOTS] = ['judged', 'bots'];

/** A rule with what is counted for it in memory. */
export interface Watched {
  rule: StoredRule;
  /** Milliseconds. */
  window: number;
  windows: Windows;
  /** `counting`: the outbox is read; `read`: up to a place, what was relayed since then is still to be counted. */
  state: { is: 'new' } | { is: 'counting' } | { is: 'read'; through: number } | { is: 'joined' };
}

export const watch = (rule: StoredRule, mostGroups: number): Watched => ({
  rule,
  window: rule.windowMinutes * MINUTE,
  windows: createWindows(mostGroups),
  state: { is: 'new' },
});

/** Counts an event in `windows`; gives the rule's value after it. */
export function count(
  { rule, window }: Watched,
  counted: Counted,
  at: number,
  windows: Pick<Windows, 'of' | 'set'>,
): number | undefined {
  const plus = (group: string) => {
    const slots = countOne(windows.of(group), at, window);
    windows.set(group, slots);
    return countedIn(slots, at, window);
  };
  if (rule.metric !== 'bot-rate') return plus(counted.group);
  const judged = plus(JUDGED!);
  if (!counted.bot) return undefined;
  const bots = plus(BOTS!);
  return judged < LEAST_JUDGED ? undefined : bots / judged;
}

/** Counts an event of before. */
export function countAgain(one: Watched, event: SeenEvent): void {
  const counted = countedAs(one.rule, event);
  if (counted) count(one, counted, event.at, one.windows);
}
