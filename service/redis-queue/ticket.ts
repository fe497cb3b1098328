import type { JobPriority, JobTicket } from '../engine/jobs/index.ts';
import { defined } from '../lib/defined.ts';

/** Redis holds only what displaying the queue needs; payloads stay in the database. */
export interface TicketData {
  job: JobTicket['id'];
  fence: number;
  lane?: string;
  organization?: string;
}

const rank: Record<JobPriority, number> = { high: 1, normal: 2, low: 3 };

/** BullMQ names a job without colons, and takes one name once. */
export const nameOf = ({ id, fence }: Pick<JobTicket, 'id' | 'fence'>): string => `${id}-${fence}`;

/** As BullMQ takes it. */
export const toBull = (ticket: JobTicket) => {
  const { id, fence, kind, lane, organization, priority } = ticket;
  const data: TicketData = {
    job: id,
    fence,
    ...defined({ lane, organization }),
  };
  return {
    name: kind,
    data,
    opts: {
      jobId: nameOf(ticket),
      priority: rank[priority],
      attempts: 1,
      // The rows remember. A name that Redis remembered would keep a ticket that is carried again from being run.
      removeOnComplete: true,
      removeOnFail: true,
    },
  };
};
