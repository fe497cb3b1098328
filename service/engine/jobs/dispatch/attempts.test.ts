import { beforeEach, expect, test } from 'vitest';
import type { JobId } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import type { EndedAttempt } from './ended-attempt.ts';
import type { Held } from './held.ts';

const id = 'job_1' as JobId;
let held: Held;
let open: boolean;
let ran: number;
let ended: EndedAttempt[];
let attempts: Attempts;

beforeEach(() => {
  [open, ran, ended] = [true, 0, []];
  held = {
    ticket: {
      ...{ id, fence: 2, kind: 'webhook', priority: 'normal', payload: {}, attempts: 0 },
      ...{ lane: undefined, organization: undefined },
    },
    priority: 2,
    state: 'carried',
    carriedAt: 0,
    abort: new AbortController(),
  };
  const handler = {
    ...{ pauses: [], concurrency: 1, timeout: 1_000 },
    async run() {
      ran++;
      return { outcome: { is: 'done' } } as const;
    },
  };
  attempts = createAttempts({
    leases: { get: (one) => (one === id ? held : undefined) },
    handlers: new Map([['webhook', handler]]),
    recordEnds: { push: (one) => void ended.push(one) },
    open: () => open,
    ended() {},
    clock: { now: () => 1 },
    timer: { after: () => () => {} },
    chance: () => 0,
    log: silentLog,
  });
});

test('a ticket runs once for its lease, and what comes of it is that lease’s', async () => {
  expect(await attempts.run({ id, fence: 2 })).toEqual({ is: 'done' });
  expect(await attempts.run({ id, fence: 2 })).toEqual({ is: 'void' });
  expect(ran).toBe(1);
  expect(ended.map(({ row }) => [row.id, row.fence, row.state])).toEqual([[id, 2, 'done']]);
});

test.each<[string, { id: JobId; fence: number }, Partial<Held>, boolean]>([
  ['of an older lease', { id, fence: 1 }, {}, true],
  ['of a lease that is not known yet', { id, fence: 3 }, {}, true],
  ['of a job that is not held', { id: 'job_2' as JobId, fence: 2 }, {}, true],
  ['that was not handed over', { id, fence: 2 }, { state: 'ready' }, true],
  ['that was taken back', { id, fence: 2 }, { state: 'void' }, true],
  ['while the service stops', { id, fence: 2 }, {}, false],
])('a ticket %s is void, and leaves the lease as it is', async (_, ticket, change, isOpen) => {
  Object.assign(held, change);
  open = isOpen;
  const before = held.state;
  expect(await attempts.run(ticket)).toEqual({ is: 'void' });
  expect([ran, ended.length, held.state]).toEqual([0, 0, before]);
});
