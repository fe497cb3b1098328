import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { ChangeByHand } from '../deliveries/by-hand/change-by-hand.ts';
import type { DeliveryQueue } from '../deliveries/queue.ts';
import { deliveryKinds } from '../deliveries/queue-store.ts';
import {
  type RecurringWorks,
  type WorkKind,
  type WorkState,
  workKinds,
} from '../recurring/recurring-works.ts';
import { type Job, type JobKind, type JobState, jobKinds } from './job.ts';
import { countQueued, hasDead, type QueuedRow, selectQueuedPage, selectQueuedRow } from './queued-store.ts';

export interface Backlog {
  waiting: number;
  running: number;
  dead: number;
  oldestAt?: number;
}

export interface JobQuery {
  kind?: JobKind;
  state?: JobState;
  /** An id: only what comes after it in the list. */
  after?: string;
  limit: number;
}

/** What the box has to do, for its operators: the deliveries of all organizations, and recurring work. */
export interface Jobs {
  counts(): Promise<Record<JobKind, Record<JobState, number>>>;
  /** What waits, runs and is dead, and since when the oldest of those that wait is there (ms since 1970). */
  backlog(): Promise<Record<JobKind, Backlog>>;
  /** Whether one is dead. */
  anyDead(): Promise<boolean>;
  /** Recurring work first, by its name; then deliveries, the newest first. */
  list(query: JobQuery): Promise<Job[]>;
  get(id: string): Promise<Job | undefined>;
  /** A dead or waiting one is tried at once, with all its attempts before it. Throws NOT_FOUND, CONFLICT (running, done). */
  retry(id: string, actor: Actor): Promise<Job>;
  /** A delivery is not sent any more. Throws NOT_FOUND, CONFLICT (running, done, recurring). */
  remove(id: string, actor: Actor): Promise<void>;
}

export interface JobsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  recurring: Pick<RecurringWorks, 'list' | 'due'>;
  queue: Pick<DeliveryQueue, 'mostAttempts'>;
  byHand: Pick<ChangeByHand, 'retry' | 'cancel'>;
}

const isWork = (kind: string): kind is WorkKind => (workKinds as readonly string[]).includes(kind);

export function createJobs(deps: JobsDeps): Jobs {
  const { inTransaction, audit, recurring, byHand } = deps;
  const { list, find } = createLists(deps);

  async function requireJob(id: string): Promise<Job> {
    const found = await find(id);
    if (found) return found;
    throw new Problem('NOT_FOUND', `There is no job ${id}: "gatehouse jobs list" shows those there are.`);
  }

  return {
    list,
    get: find,
    counts: () => countAll(deps),
    backlog: () => backlogOf(deps),
    async anyDead() {
      if ((await recurring.list()).some((work) => shownWork(work).state === 'dead')) return true;
      for (const kind of deliveryKinds) if (await hasDead(deps.db, kind)) return true;
      return false;
    },
    async retry(id, actor) {
      const { kind, state } = await requireJob(id);
      if (isWork(kind)) {
        if (state === 'leased') throw new Problem('CONFLICT', `The work ${id} runs right now.`);
        await inTransaction(async (tx) => {
          await recurring.due(tx, kind);
          await audit.add(tx, { actor, action: 'job.retry', target: id, details: { kind, state } });
        });
      } else await byHand.retry(id, actor);
      return requireJob(id);
    },
    async remove(id, actor) {
      const { kind } = await requireJob(id);
      if (isWork(kind))
        throw new Problem(
          'CONFLICT',
          `${id} is recurring work, which is a part of the box and is not removed.`,
        );
      await byHand.cancel(id, actor);
    },
  };
}

async function countAll({ db, recurring, clock }: JobsDeps): ReturnType<Jobs['counts']> {
  const none = () => ({ waiting: 0, delayed: 0, leased: 0, done: 0, dead: 0 });
  const counts = Object.fromEntries(jobKinds.map((kind) => [kind, none()])) as Awaited<
    ReturnType<Jobs['counts']>
  >;
  for (const work of (await recurring.list()).map(shownWork)) counts[work.kind][stateOf(work, clock.now())]++;
  for (const kind of deliveryKinds) {
    const { oldestAt: _, ...queued } = await countQueued(db, kind, clock.now(), { ended: true });
    counts[kind] = queued;
  }
  return counts;
}

async function backlogOf({ db, recurring, clock }: JobsDeps): ReturnType<Jobs['backlog']> {
  const backlog = {} as Record<JobKind, Backlog>;
  for (const work of await recurring.list()) {
    const waits = !work.running && work.nextAt !== undefined && work.nextAt <= clock.now();
    backlog[work.kind] = {
      waiting: waits ? 1 : 0,
      running: work.running ? 1 : 0,
      dead: work.last?.error === undefined ? 0 : 1,
      ...(waits && defined({ oldestAt: work.nextAt })),
    };
  }
  for (const kind of deliveryKinds) {
    const queued = await countQueued(db, kind, clock.now(), { ended: false });
    const { waiting, delayed, leased, dead, oldestAt } = queued;
    backlog[kind] = { waiting: waiting + delayed, running: leased, dead, ...defined({ oldestAt }) };
  }
  return backlog;
}

const shownWork = ({ kind, nextAt, running, last }: WorkState): Job => ({
  id: kind,
  kind,
  state: running ? 'leased' : last?.error !== undefined ? 'dead' : nextAt === undefined ? 'done' : 'waiting',
  lane: undefined,
  organization: undefined,
  payload: {},
  attempts: 0,
  mostAttempts: 1,
  runAt: nextAt,
  createdAt: undefined,
  finishedAt: last?.at,
  lastError: last?.error,
});

/** As the lists call it. */
const stateOf = ({ state, runAt }: Job, now: number): JobState =>
  state === 'waiting' && runAt !== undefined && runAt > now ? 'delayed' : state;

function createLists({ db, clock, recurring, queue }: JobsDeps) {
  const shownDelivery = (row: QueuedRow): Job => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    lane: row.lane,
    organization: row.organization,
    payload:
      row.kind === 'mail'
        ? { alert: row.event }
        : { ...defined({ event: row.event ?? undefined, endpoint: row.endpoint ?? undefined }) },
    attempts: row.attempts,
    mostAttempts: queue.mostAttempts(row.kind),
    runAt: row.nextAt ?? row.createdAt,
    createdAt: row.createdAt,
    finishedAt: row.finishedAt ?? undefined,
    lastError: row.reason,
  });

  async function listWorks({ kind, state, after }: JobQuery): Promise<Job[]> {
    if (after !== undefined && !isWork(after)) return [];
    if (kind !== undefined && !isWork(kind)) return [];
    return (await recurring.list())
      .map(shownWork)
      .filter((one) => kind === undefined || one.kind === kind)
      .filter((one) => state === undefined || stateOf(one, clock.now()) === state)
      .filter(({ id }) => after === undefined || id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async function list(query: JobQuery): Promise<Job[]> {
    const { kind, state, after, limit } = query;
    const first = await listWorks(query);
    if (first.length >= limit || (kind !== undefined && isWork(kind))) return first.slice(0, limit);
    const kinds = deliveryKinds.filter((one) => kind === undefined || one === kind);
    const before = after === undefined || isWork(after) ? undefined : after;
    const page = { kinds, state, before, limit: limit - first.length };
    return [...first, ...(await selectQueuedPage(db, page, clock.now())).map(shownDelivery)];
  }

  return {
    list,
    async find(id: string): Promise<Job | undefined> {
      const work = (await listWorks({ limit: 1 })).find((one) => one.id === id);
      const row = work ? undefined : await selectQueuedRow(db, id);
      return work ?? (row && shownDelivery(row));
    },
  };
}
