import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Actor } from '../../engine/audit/index.ts';
import { type Jobs, shownError, shownPayload } from '../../engine/jobs/index.ts';
import type { JobId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';

/** A queue of BullMQ as bull-board takes it. */
export type RedisQueue = ConstructorParameters<typeof BullMQAdapter>[0];

type Ticket = NonNullable<Awaited<ReturnType<BullMQAdapter['getJob']>>>;

interface RedisQueueAdapterDeps {
  queue: RedisQueue;
  jobs: Jobs;
  actor: () => Actor;
}

/** The jobs of one kind in Redis, to read. Changes go to their rows in the database. */
export class RedisQueueAdapter extends BullMQAdapter {
  readonly #jobs: Jobs;
  readonly #actor: () => Actor;

  constructor({ queue, jobs, actor }: RedisQueueAdapterDeps) {
    super(queue, { prefix: 'redis/', delimiter: '/' });
    this.#jobs = jobs;
    this.#actor = actor;
  }

  override async getJob(id: string): Promise<Ticket | undefined> {
    const ticket = await super.getJob(id).catch(notOurs);
    return ticket && this.#ofRow(ticket);
  }
  override async getJobs(...asked: Parameters<BullMQAdapter['getJobs']>): Promise<Ticket[]> {
    return (await super.getJobs(...asked).catch(notOurs)).map((ticket) => this.#ofRow(ticket));
  }
  override async clean(): Promise<void> {
    refuse();
  }
  override async promoteAll(): Promise<void> {
    refuse();
  }

  /** Other writers of that Redis may add fields to a ticket; only the fields of ours are shown. */
  #ofRow(ticket: Ticket): Ticket {
    const data = shownPayload(isObject(ticket.data) ? ticket.data : {});
    const row = () => (typeof data.job === 'string' ? (data.job as JobId) : notOurs());
    const again = async () => void (await this.#jobs.retry(row(), this.#actor()));
    const remove = async () => this.#jobs.remove(row(), this.#actor());
    const failedReason = shownError(String(ticket.failedReason ?? ''));
    return Object.assign(ticket, {
      data,
      failedReason,
      stacktrace: [],
      promote: again,
      retry: again,
      remove,
    });
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function notOurs(): never {
  throw new Problem(
    'CONFLICT',
    'Redis holds an entry that is no ticket of Gatehouse: another program writes to it.',
  );
}

function refuse(): never {
  throw new Problem('CONFLICT', 'Redis only carries the jobs. Clear them in the queue of their kind.');
}
