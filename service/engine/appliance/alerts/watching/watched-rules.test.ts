import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Share } from '../../../../lib/fair/fair-queue.ts';
import type { AlertRuleId, OrganizationId } from '../../../../lib/id.ts';
import { silentLog } from '../../../../lib/log.ts';
import { actFor, createFairOneAtATime } from '../../../../lib/turns.ts';
import type { Tx } from '../../../../storage/transaction.ts';
import { checkNewRule } from '../alert-rule.ts';
import { createRuleChanges } from '../edit-rules.ts';
import type { StoredRule } from '../rule-store.ts';
import type { SeenEvent } from './counted-event.ts';
import { createWatchedRules, partOf } from './watched-rules.ts';

const MINUTE = 60_000;
const realm = { organization: 'org_1' as OrganizationId, world: 'live' as const };
const tx = {} as Tx;

const rule = (more: Partial<StoredRule> = {}): StoredRule => ({
  ...checkNewRule({ metric: 'failures-per-person', threshold: 1, windowMinutes: 10 }),
  id: 'rule_1' as AlertRuleId,
  ...realm,
  enabled: true,
  createdAt: 0,
  createdBy: 'operator:ada',
  ...more,
});

/** An outbox in memory; `relay` marks what it hands on unless it is cut short. */
function startOutbox(mostGroups?: number) {
  let now = Date.UTC(2026, 10, 20, 12);
  const rows: { event: SeenEvent; seq: number; relayed: boolean }[] = [];
  const start = () =>
    createWatchedRules({
      seen: {
        relayedThrough: async () => rows.findLast(({ relayed }) => relayed)?.seq ?? 0,
        oldestWaiting: async () => rows.find(({ relayed }) => !relayed)?.event.at,
        async *relayedSince(_, since, through) {
          reading.times++;
          await reading.takes();
          yield rows
            .filter(({ event, seq, relayed }) => relayed && seq <= through && event.at >= since)
            .map(({ event }) => event);
        },
        relayedAfter: async (_, __, place) =>
          rows.filter(({ seq, relayed }) => relayed && seq > place).map(({ event }) => event),
        isRelayed: async (_, id) => rows.find(({ event }) => event.id === id)?.relayed ?? true,
      },
      clock: { now: () => now },
      log: silentLog,
      ...(mostGroups !== undefined && { mostGroups }),
    });
  let watched = start();
  /** Windows that were read, and what reading them takes, in milliseconds. */
  const reading = { times: 0, takes: async () => {} };
  const values = new Map<string, number>();
  return {
    rows,
    reading,
    now: () => now,
    advance(milliseconds: number) {
      now += milliseconds;
    },
    watched: () => watched,
    async restart(rules: readonly StoredRule[]) {
      watched = start();
      await watched.load(rules);
    },
    refuse(subject: string) {
      const seq = rows.length + 1;
      rows.push({
        event: {
          id: `evt_${seq}`,
          type: 'verification.refused',
          ...realm,
          at: now,
          payload: { actor: 'key:key_1', profile: 'p', notPassed: [], subject },
        },
        seq,
        relayed: false,
      });
    },
    /** The value that each person's last event had, of those in the batch. */
    async relay(
      committed: boolean,
      { most = 100, marksFirst = false, skip = 0 } = {},
    ): Promise<Map<string, number>> {
      const batch = rows.filter(({ relayed }) => !relayed).slice(skip, skip + most);
      if (marksFirst) for (const row of batch) row.relayed = true;
      values.clear();
      await watched.watch(
        tx,
        batch.map(({ event }) => event),
        async (_, { value, about }) => void values.set(about!, value),
      );
      for (const row of batch) row.relayed = committed;
      return new Map(values);
    },
  };
}

type Step =
  | { is: 'refuse'; who: string }
  | { is: 'relay'; committed: boolean; most: number; marksFirst: boolean }
  | { is: 'restart' }
  | { is: 'wait'; milliseconds: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ is: fc.constant('refuse' as const), who: fc.constantFrom('a', 'b', 'c') }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        is: fc.constant('relay' as const),
        committed: fc.boolean(),
        most: fc.integer({ min: 1, max: 5 }),
        marksFirst: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('restart' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constant('wait' as const),
        milliseconds: fc.integer({ min: 0, max: 6 * MINUTE }),
      }),
    },
  ) as fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 120 },
);

test('counts what was relayed once, whatever is cut short, run again in other pieces, or started anew', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const box = startOutbox();
      const [window, part] = [10 * MINUTE, partOf(10 * MINUTE)];
      await box.restart([rule()]);
      for (const step of plan) {
        if (step.is === 'refuse') box.refuse(step.who);
        else if (step.is === 'wait') box.advance(step.milliseconds);
        else if (step.is === 'restart') await box.restart([rule()]);
        else {
          const before = box.rows.filter(({ relayed }) => relayed);
          const batch = box.rows.filter(({ relayed }) => !relayed).slice(0, step.most);
          // Of one batch the first event of each person is reported.
          const naive = new Map<string, number>();
          for (const [i, { event }] of batch.entries()) {
            const who = (event.payload as { subject: string }).subject;
            if (naive.has(who)) continue;
            const seen = [...before, ...batch.slice(0, i + 1)].filter(
              (other) =>
                (other.event.payload as { subject: string }).subject === who &&
                Math.floor(other.event.at / part) * part + part + window > event.at,
            );
            naive.set(who, seen.length);
          }
          expect(await box.relay(step.committed, step)).toEqual(naive);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a rule that is added while others are watched counts from its window on, once', async () => {
  const box = startOutbox();
  await box.restart([]);
  for (let i = 0; i < 3; i++) box.refuse('a');
  await box.relay(true);
  const adding = box.watched().replace(rule().id, rule());
  box.refuse('a');
  await box.relay(true);
  await adding;
  box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map([['a', 5]]));
});

test('a change of name, threshold or channels keeps what was counted', async () => {
  const box = startOutbox();
  await box.restart([rule({ threshold: 5 })]);
  for (let i = 0; i < 3; i++) box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map());
  await box.watched().replace(rule().id, rule({ threshold: 4, name: 'Other', holdOffMinutes: 1 }));
  expect(box.reading.times).toBe(1);
  box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map([['a', 4]]));
});

test('a change whose window takes long to read holds up nothing, and many take a tenth of the time', async () => {
  const elapsed = vi.spyOn(performance, 'now').mockReturnValue(100_000);
  onTestFinished(() => elapsed.mockRestore());
  const box = startOutbox();
  await box.restart([rule()]);
  const read = Promise.withResolvers<void>();
  box.reading.takes = () => read.promise;
  const change = (windowMinutes: number) => box.watched().replace(rule().id, rule({ windowMinutes }));
  const rules = { enabled: async () => [rule({ windowMinutes: 20 })] };
  const changes = createRuleChanges({
    inTransaction: undefined as never,
    clock: box,
    rules,
    watched: box.watched(),
  });
  await changes.refresh([rule().id]);
  for (const minutes of [30, 40]) await change(minutes);
  expect(box.reading.times).toBe(2);
  elapsed.mockReturnValue(103_000);
  read.resolve();
  await box.watched().retry();
  expect(box.reading.times).toBe(3);
  elapsed.mockReturnValue(119_999);
  await change(50);
  expect(box.reading.times).toBe(3);
  elapsed.mockReturnValue(120_000);
  await change(60);
  expect(box.reading.times).toBe(4);
});

test('a change whose turn comes after its request was given up is not begun', async () => {
  const elapsed = vi.spyOn(performance, 'now').mockReturnValue(100_000);
  onTestFinished(() => elapsed.mockRestore());
  const box = startOutbox();
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  const changes = createRuleChanges({
    async inTransaction(work) {
      begun++;
      entered.resolve();
      await gate.promise;
      return work(tx);
    },
    clock: box,
    rules: { enabled: async () => [] },
    watched: box.watched(),
  });
  const share = { world: 'live' as const, organization: realm.organization, key: 'operator:ada' };
  const [first, late] = [0, 1].map(() => changes.change(share, async () => undefined));
  const refused = expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
  await entered.promise;
  elapsed.mockReturnValue(120_001);
  gate.resolve();
  await first;
  await refused;
  expect(begun).toBe(1);
  await changes.change(share, async () => undefined);
  expect(begun).toBe(2);
});

const shareOf = (organization: string): Share => ({ world: 'live', organization, key: 'operator:ada' });
const never = () => new Error('too late');

test('a change waits for no other transaction of its organization: all others wait for it', async () => {
  const box = startOutbox();
  const inLine = createFairOneAtATime({ patience: Number.POSITIVE_INFINITY, refuse: never });
  const changes = createRuleChanges({
    inTransaction: (work) => inLine(() => work(tx)),
    clock: box,
    rules: { enabled: async () => [] },
    watched: box.watched(),
  });
  const ended: string[] = [];
  const end = (name: string) => async () => {
    await new Promise(setImmediate);
    ended.push(name);
    return undefined;
  };
  const other = () => actFor(['a', 'ada'], () => inLine(end('other of a')));
  const change = (of: string) =>
    actFor([of, 'ada'], () => changes.change(shareOf(of), end(`change of ${of}`)));
  const others = Array.from({ length: 50 }, other);
  await Promise.all([change('a'), change('b')]);
  expect(ended.length).toBeLessThan(10);
  await Promise.all(others);
});

test('a change that is made while all rules are read anew holds afterwards, and does not wait for that', async () => {
  const box = startOutbox();
  await box.restart([rule()]);
  const [read, begun] = [Promise.withResolvers<StoredRule[]>(), Promise.withResolvers<void>()];
  const answers = [read.promise, Promise.resolve([rule({ threshold: 3 })])];
  const changes = createRuleChanges({
    inTransaction: (work) => work(tx),
    clock: box,
    rules: {
      enabled() {
        begun.resolve();
        return answers.shift()!;
      },
    },
    watched: box.watched(),
  });
  const loading = changes.load();
  await begun.promise;
  await changes.change(shareOf('a'), async () => rule({ threshold: 3 }));
  read.resolve([rule()]);
  await loading;
  for (let i = 0; i < 2; i++) box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map());
  box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map([['a', 3]]));
});

test('uncommitted events are forgotten, also when the next batch leaves them out', async () => {
  const box = startOutbox();
  await box.restart([rule()]);
  for (let i = 0; i < 2; i++) box.refuse('a');
  await box.relay(false, { most: 1 });
  expect(await box.relay(true, { skip: 1 })).toEqual(new Map([['a', 1]]));
});

test('before it is loaded nothing is watched', async () => {
  const box = startOutbox();
  await box.watched().replace(rule().id, rule());
  box.refuse('a');
  expect(await box.relay(true)).toEqual(new Map());
});

test('memory is bounded: beyond the limit, the person refused longest ago is counted anew', async () => {
  const box = startOutbox(2);
  await box.restart([rule()]);
  for (const who of ['a', 'b', 'c']) {
    box.refuse(who);
    await box.relay(true);
  }
  for (const who of ['c', 'a']) box.refuse(who);
  expect(await box.relay(true)).toEqual(
    new Map([
      ['c', 2],
      ['a', 1],
    ]),
  );
});
