import type { JobId, OrganizationId } from '../../lib/id.ts';
import type { JobKind, JobPriority } from './job.ts';

/**
 * One lease of one job, on its way to the handler. Only `id` and `fence` count when it comes back; the rest is
 * for sorting, display and counts.
 */
export interface JobTicket {
  id: JobId;
  /** Fence of this lease. Tickets of older leases are invalid: the job was leased again, taken back or removed since. */
  fence: number;
  kind: JobKind;
  priority: JobPriority;
  lane: string | undefined;
  organization: OrganizationId | undefined;
  payload: Record<string, unknown>;
  /** Attempts before this one. */
  attempts: number;
}

/** The end of an attempt. The core records it; the driver may only display it. */
export type AttemptEnd =
  | { is: 'done' }
  /** The core carries the job again when it is due, as a new ticket. */
  | { is: 'failed'; error: string; nextAt: number }
  | { is: 'dead'; error: string }
  /** Nothing ran: the ticket is of an older lease, or runs already, or the service stops. */
  | { is: 'void' };

export interface DriverWork {
  kinds: readonly { kind: JobKind; concurrency: number }[];
  /**
   * Runs the ticket's job. Resolves when the attempt has ended (before that is on disk); never rejects. May be called any
   * number of times with a ticket, and with tickets of former processes: it runs once for each lease.
   */
  run(ticket: Pick<JobTicket, 'id' | 'fence'>): Promise<AttemptEnd>;
}

/**
 * Carries leased jobs to their handlers: our own straight on (database-driver.ts), BullMQ through Redis. The rows of `job` are
 * the truth. The core (create-jobs.ts) decides what may run: it leases what is due, holds the order of lanes, waits for the
 * next attempt, and leases again a job without a result. A ticket that the driver forgets or repeats is neither lost nor run twice.
 */
export interface JobDriver {
  /** State of a row while the driver has it: `leased` here, `relayed` in another queue. */
  readonly holds: 'leased' | 'relayed';
  /**
   * Tickets of each kind the core hands over beyond the kind's concurrency, so that the driver has a queue to sort by priority.
   * With 0 the core bounds what runs; else the driver does.
   */
  readonly ahead: number;
  /** Before any `carry`. What it still has of a former process may be thrown away, or run: those tickets are void. */
  start(work: DriverWork): Promise<void>;
  /**
   * Sees to it that `run` is called with each of them: tickets of one priority in this order, a higher priority first. A
   * ticket carried twice counts once. When it rejects, none counts as carried: the core carries them again after a pause, and
   * also those that have not begun after a while. It may take as long as the other queue is unreachable: it is not awaited.
   */
  carry(tickets: readonly JobTicket[]): Promise<void>;
  /** These are void and need not be displayed any more. */
  drop(tickets: readonly Pick<JobTicket, 'id' | 'fence' | 'kind'>[]): Promise<void>;
  /** After the last `run` has ended. */
  stop(): Promise<void>;
}
