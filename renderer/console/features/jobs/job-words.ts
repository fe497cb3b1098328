import { jobStates } from '../../../../sdk/admin/values.ts';
import type { Schemas } from '../../data.ts';

export type JobKind = Schemas['JobCounts']['items'][number]['kind'];
/** Each kind once: one that is missing does not compile. */
const kinds: Record<JobKind, true> = {
  webhook: true,
  mail: true,
  retention: true,
  backups: true,
  'backup-drill': true,
  erasures: true,
  'key-copies': true,
  'record-integrity': true,
  'deliveries-prune': true,
  'alert-gauges': true,
  certificate: true,
  'gallery-calibration': true,
  administrators: true,
  reviews: true,
  uniqueness: true,
  'behavior-sweep': true,
  sessions: true,
};
export const jobKinds = Object.keys(kinds) as [JobKind, ...JobKind[]];

export { jobStates };
export type JobState = (typeof jobStates)[number];

/** The state as the filters call it: what waits for its time is `delayed`. */
export const shownState = (
  { state, runAt }: Pick<Schemas['Job'], 'state' | 'runAt'>,
  now: number,
): JobState => (state === 'waiting' && runAt !== undefined && Date.parse(runAt) > now ? 'delayed' : state);
