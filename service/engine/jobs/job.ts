import type { OrganizationId } from '../../lib/id.ts';
import { deliveryKinds } from '../deliveries/index.ts';
import { workKinds } from '../recurring/index.ts';

export const jobKinds = [...deliveryKinds, ...workKinds] as const;
export type JobKind = (typeof jobKinds)[number];

/** `leased`: runs; `dead`: no attempt is left, or the last run of recurring work failed. */
export const jobStates = ['waiting', 'delayed', 'leased', 'done', 'dead'] as const;
export type JobState = (typeof jobStates)[number];

/** A delivery, or a kind of recurring work, as operators see it. */
export interface Job {
  /** Of the delivery; the kind of recurring work. */
  id: string;
  kind: JobKind;
  state: Exclude<JobState, 'delayed'>;
  lane: string | undefined;
  organization: OrganizationId | undefined;
  /** Ids, none of people. */
  payload: Record<string, unknown>;
  attempts: number;
  mostAttempts: number;
  runAt: number | undefined;
  /** Of a delivery. */
  createdAt: number | undefined;
  finishedAt: number | undefined;
  lastError: string | undefined;
}
