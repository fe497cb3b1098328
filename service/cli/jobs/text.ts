import type { Schemas } from '../../../sdk/admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { facts } from '../terminal/terminal.ts';

type Job = Schemas['Job'];

export const states = ['waiting', 'delayed', 'leased', 'done', 'dead'] as const;

/** As `--state` and `jobs counts` call it: `delayed` is what waits for its time. */
export const stateOf = ({ state, runAt }: Job): string =>
  state === 'waiting' && runAt !== undefined && Date.parse(runAt) > systemClock.now() ? 'delayed' : state;

export const describeJob = (job: Job): string =>
  facts([
    ['job', job.id],
    ['kind', job.kind],
    ['state', stateOf(job)],
    ['lane', job.lane],
    ['organization', job.organization],
    ['payload', JSON.stringify(job.payload)],
    ['attempts', `${job.attempts} of ${job.mostAttempts}`],
    ['added', job.createdAt],
    ['not before', job.runAt],
    ['finished', job.finishedAt],
    ['last error', job.lastError],
  ]);
