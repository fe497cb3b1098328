import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { Actor } from '../../engine/audit/index.ts';
import type { Jobs } from '../../engine/jobs/index.ts';
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

/** What Redis holds of the jobs of one kind, to look at. What is done to one of them is done to its row, the truth. */
export class RedisQueueAdapter extends BullMQAdapter {
  readonly #jobs: Jobs;
  readonly #actor: () => Actor;

  constructor({ queue, jobs, actor }: RedisQueueAdapterDeps) {
    super(queue, { prefix: 'redis/', delimiter: '/' });
    this.#jobs = jobs;
    this.#actor = actor;
  }

  override async getJob(id: string): Promise<Ticket | undefined> {
    const ticket = await super.getJob(id);
    return ticket && this.#ofRow(ticket);
  }
  override async getJobs(...asked: Parameters<BullMQAdapter['getJobs']>): Promise<Ticket[]> {
    return (await super.getJobs(...asked)).map((ticket) => this.#ofRow(ticket));
  }
  override async clean(): Promise<void> {
    refuse();
  }
  override async promoteAll(): Promise<void> {
    refuse();
  }

  #ofRow(ticket: Ticket): Ticket {
    const row = (ticket.data as { job: JobId }).job;
    const again = async () => void (await this.#jobs.retry(row, this.#actor()));
    const remove = () => this.#jobs.remove(row, this.#actor());
    return Object.assign(ticket, { promote: again, retry: again, remove });
  }
}

function refuse(): never {
  throw new Problem('CONFLICT', 'Redis only carries the jobs. Clear them in the queue of their kind.');
}
