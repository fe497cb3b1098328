import { setImmediate as pause } from 'node:timers/promises';
import { defined } from '../../../../lib/defined.ts';
import type { AlertRuleId, SubjectId } from '../../../../lib/id.ts';
import { countOne as countIn, type SlidingWindow, usedIn, windowAt } from '../../../../lib/sliding-window.ts';
import { createOneAtATime } from '../../../../lib/turns.ts';
import type { Tx } from '../../../../storage/transaction.ts';
import type { Foundation } from '../../../audit/index.ts';
import type { EventRealm } from '../../../events/index.ts';
import type { AlertMetric } from '../alert.ts';
import { isBeyond, isGauge, LEAST_JUDGED } from '../alert-rule.ts';
import type { StoredRule } from '../rule-store.ts';
import type { SeenEventsStore } from '../seen-events-store.ts';
import { type Counted, countedAs, type SeenEvent } from './counted-event.ts';

const MINUTE = 60_000;
/** For `bot-rate`: all decided visits, and those by programs. */
const [JUDGED, BOTS] = ['judged', 'bots'];
/** Milliseconds of reading windows after changes of rules that are saved up; beyond it takes a tenth of the time. */
const SAVED_UP = 1_000;
/** People or keys that one rule counts apart. */
const MOST_GROUPS = 10_000;

export interface Breach {
  value: number;
  about?: string;
  subject?: SubjectId;
  /** What happened, where the figure does not say it. */
  reason?: string;
}

/** The rules that are in force, and what is counted for them in memory. */
export type WatchedRules = ReturnType<typeof createWatchedRules>;

/** A rule with what is counted for it in memory. */
interface Watched {
  rule: StoredRule;
  /** Milliseconds. */
  window: number;
  /** Verdicts before then were written down only where a webhook takes them: their share says nothing. */
  judgedSince: number;
  windows: Windows;
  /** `counting`: the outbox is read; `read`: up to a place, what was relayed since then is still to be counted. */
  state: { is: 'new' } | { is: 'counting' } | { is: 'read'; through: number } | { is: 'joined' };
}

/** Changes of a batch of events to the windows, applied once its transaction has committed. */
interface Draft {
  ids: ReadonlySet<string>;
  last: string;
  changes: Map<Watched, Map<string, SlidingWindow>>;
}

interface WatchedRulesDeps extends Pick<Foundation, 'clock' | 'log'> {
  seen: Pick<
    SeenEventsStore,
    'relayedThrough' | 'oldestWaiting' | 'relayedSince' | 'relayedAfter' | 'isRelayed'
  >;
  mostGroups?: number;
}

export function createWatchedRules(deps: WatchedRulesDeps) {
  const { seen, clock, mostGroups = MOST_GROUPS } = deps;
  const watched = new Map<AlertRuleId, Watched>();
  let draft: Draft | undefined;
  let loaded = false;

  /** Applies the changes of the previous batch if its transaction committed; otherwise drops them. */
  async function settle(tx: Tx, events: readonly SeenEvent[]): Promise<void> {
    const before = draft;
    draft = undefined;
    if (!before || events.some(({ id }) => before.ids.has(id))) return;
    if (!(await seen.isRelayed(tx, before.last))) return;
    for (const [one, groups] of before.changes) {
      for (const [group, slots] of groups) one.windows.set(group, slots);
    }
  }

  /** Counts what was relayed since a rule's window was read. */
  async function join(tx: Tx, events: readonly SeenEvent[]): Promise<void> {
    const now = new Set(events.map(({ id }) => id));
    for (const one of watched.values()) {
      if (one.state.is !== 'read') continue;
      const missed = await seen.relayedAfter(tx, one.rule, one.state.through);
      for (const event of missed) if (!now.has(event.id)) countAgain(one, event);
      one.state = { is: 'joined' };
    }
  }

  const oneAtATime = createOneAtATime();
  /** Reads the windows of new rules from the outbox, all of one realm together. */
  const readNew = () =>
    oneAtATime(async () => {
      for (const realm of byRealm(watched, 'new').keys()) {
        const together = byRealm(watched, 'new').get(realm);
        if (together) await readWindows(deps, together);
      }
    });
  /** Until then the windows that were read at changes are paid for, each millisecond with ten. */
  let paidUntil = 0;
  let isReading = false;
  async function readChanged(): Promise<void> {
    const begun = performance.now();
    if (isReading || begun < paidUntil) return;
    isReading = true;
    await readNew();
    isReading = false;
    paidUntil = Math.max(paidUntil, begun - 10 * SAVED_UP) + 10 * (performance.now() - begun);
  }

  const begin = (rule: StoredRule, judgedSince: number) =>
    watched.set(rule.id, toWatched(rule, judgedSince, mostGroups));

  return {
    isLoaded: () => loaded,
    /** In the place of everything before. */
    async load(rules: readonly StoredRule[]): Promise<void> {
      watched.clear();
      draft = undefined;
      loaded = true;
      for (const rule of rules) begin(rule, rule.createdAt);
      await readNew();
    },
    /**
     * A rule was added, changed or removed (undefined, or not enabled), and that is committed. Where it counts something else than before, its
     * window is counted anew, within a minute. Nothing before `load`. Resolves when what is read at once is read: nothing waits for that.
     */
    async replace(id: AlertRuleId, rule: StoredRule | undefined): Promise<void> {
      const before = watched.get(id);
      if (rule?.enabled && before && countsAlike(before.rule, rule)) {
        before.rule = rule;
        return;
      }
      watched.delete(id);
      if (!rule?.enabled || !loaded) return;
      begin(rule, clock.now());
      await readChanged();
    },
    /** Counts the windows of rules whose turn failed before, or did not come yet. */
    retry: readNew,
    /** Whether a rule of this metric is in force. */
    has({ organization, world }: EventRealm, metric: AlertMetric): boolean {
      for (const { rule } of watched.values())
        if (rule.metric === metric && rule.organization === organization && rule.world === world) return true;
      return false;
    },
    gauges: (): StoredRule[] =>
      [...watched.values()].map(({ rule }) => rule).filter(({ metric }) => isGauge(metric)),

    /** As `Alerts.watch`; `breach` is called once for each event and rule that is at the threshold or beyond. */
    async watch(
      tx: Tx,
      events: readonly SeenEvent[],
      breach: (rule: StoredRule, breach: Breach) => Promise<void>,
    ): Promise<void> {
      const last = events.at(-1);
      if (!last) return;
      await settle(tx, events);
      await join(tx, events);
      const changes: Draft['changes'] = new Map();
      const reported = new Set<string>();
      const realms = byRealm(watched, 'joined');
      for (const event of events) {
        for (const one of realms.get(nameOf(event)) ?? []) {
          const found = countDrafted(one, event, changes);
          const name = `${one.rule.id}/${found?.about}`;
          if (!found || reported.has(name)) continue;
          reported.add(name);
          await breach(one.rule, found);
        }
      }
      if (changes.size > 0) draft = { ids: new Set(events.map(({ id }) => id)), last: last.id, changes };
    },
  };
}

/** Starts anew with the next poll where reading fails. */
async function readWindows(
  { seen, clock, log, mostGroups = MOST_GROUPS }: WatchedRulesDeps,
  together: readonly Watched[],
): Promise<void> {
  for (const one of together) one.state = { is: 'counting' };
  try {
    const through = await seen.relayedThrough();
    const longest = Math.max(...together.map(({ window }) => window + partOf(window)));
    // What waits is judged at the time it happened.
    const earliest = Math.min(clock.now(), (await seen.oldestWaiting()) ?? Number.POSITIVE_INFINITY);
    for await (const page of seen.relayedSince(together[0]!.rule, earliest - longest, through)) {
      for (const event of page) for (const one of together) countAgain(one, event);
      await pause();
    }
    for (const one of together) one.state = { is: 'read', through };
  } catch (error) {
    for (const one of together) {
      one.state = { is: 'new' };
      one.windows = createWindows(mostGroups);
    }
    log.error({ err: error }, 'windows of alert rules could not be read; they are tried again in a minute');
  }
}

/** Counts an event in the draft; gives the breach where the rule's value is at the threshold or beyond. */
function countDrafted(one: Watched, event: SeenEvent, changes: Draft['changes']): Breach | undefined {
  const counted = countedBy(one, event);
  if (!counted) return undefined;
  const groups = changes.get(one) ?? new Map<string, SlidingWindow>();
  changes.set(one, groups);
  const value = count(one, counted, event.at, {
    of: (group) => groups.get(group) ?? one.windows.of(group),
    set: (group, slots) => void groups.set(group, slots),
  });
  if (value === undefined || !isBeyond(one.rule, value)) return undefined;
  const { about, subject } = counted;
  return defined({ value, about, subject });
}

const countsAlike = (one: StoredRule, other: StoredRule): boolean =>
  one.metric === other.metric &&
  one.windowMinutes === other.windowMinutes &&
  JSON.stringify(one.filter) === JSON.stringify(other.filter);

const toWatched = (rule: StoredRule, judgedSince: number, mostGroups: number): Watched => ({
  rule,
  judgedSince,
  window: rule.windowMinutes * MINUTE,
  windows: createWindows(mostGroups),
  state: { is: 'new' },
});

/** Counts an event in `windows`; gives the rule's value after it. */
function count(
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
const countedBy = ({ rule, judgedSince }: Watched, event: SeenEvent): Counted | undefined =>
  event.type === 'behavior.judged' && event.at < judgedSince ? undefined : countedAs(rule, event);

function countAgain(one: Watched, event: SeenEvent): void {
  const counted = countedBy(one, event);
  if (counted) count(one, counted, event.at, one.windows);
}

/** Rules that count events, in this state. */
function byRealm(watched: ReadonlyMap<AlertRuleId, Watched>, is: Watched['state']['is']) {
  const ones = [...watched.values()].filter(({ rule, state }) => state.is === is && !isGauge(rule.metric));
  return Map.groupBy(ones, ({ rule }) => nameOf(rule));
}

const nameOf = ({ organization, world }: EventRealm) => `${organization}/${world}`;

/** Milliseconds: a window is counted in so many parts. */
export const partOf = (window: number): number => window / 60;

const sizeOf = (window: number) => ({ length: window, slot: partOf(window) });

/** One more, at `now`; all in milliseconds. */
export const countOne = (slots: SlidingWindow, now: number, window: number): SlidingWindow =>
  countIn(slots, now, sizeOf(window));

/** How many count in the window that ends at `now`. */
export const countedIn = (slots: SlidingWindow, now: number, window: number): number =>
  usedIn(windowAt(slots, now, sizeOf(window)));

/** Deletes the entries that were set first until `most` are left. Many at once: a Map passes over each that was deleted before. */
function deleteOldest(map: Map<string, unknown>, most: number): void {
  for (const name of map.keys()) {
    if (map.size <= most) return;
    map.delete(name);
  }
}

/** Windows by name, in bounded memory. */
export type Windows = ReturnType<typeof createWindows>;

/** Where there are a twentieth more than `most` names, those that were counted longest ago are forgotten. */
export function createWindows(most: number) {
  const windows = new Map<string, SlidingWindow>();
  return {
    of: (name: string): SlidingWindow => windows.get(name) ?? [],
    set(name: string, window: SlidingWindow): void {
      windows.delete(name);
      windows.set(name, window);
      if (windows.size > most + Math.floor(most / 20)) deleteOldest(windows, most);
    },
  };
}
