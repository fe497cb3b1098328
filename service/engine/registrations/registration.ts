import type { RegistrationId, SessionId } from '../../lib/id.ts';

import type { Realm } from '../subjects/index.ts';

/** What the caller asks to know of the user. */
export type DataRequest = 'humanness-and-id' | 'phone-number';

/** `replaced`: the user was registered again before they finished. */
export type RegistrationState = 'pending' | 'completed' | 'failed' | 'expired' | 'replaced';

export type FailureCode = 'not-unique' | 'liveness-failed' | 'expired';

/** An invitation of a user, under a reference of the caller's own, and what came of it. */
export interface Registration {
  id: RegistrationId;
  realm: Realm;
  /** Uniqueness region; empty: the organization. */
  region: string;
  dataRequest: DataRequest;
  createdAt: number;
  /** As `describeActor` wrote it. */
  createdBy: string;
  /** Until when the invitation can be opened, ms since 1970. */
  expiresAt: number;
  session?: SessionId;
  openedAt?: number;
  state: RegistrationState;
  failure?: FailureCode;
  /** 0..1. */
  humanness?: number;
  /** The person's pseudonym in the region. */
  humanId?: string;
  completedAt?: number;
}

/** Sealed: the caller's own name of the user, and where the page leads at its end. */
export interface RegistrationRequest {
  reference: string;
  redirect?: string;
}

/** With what is sealed; absent where the person was erased meanwhile. */
export interface WholeRegistration extends Registration {
  request: RegistrationRequest;
}

/** An invitation that was not opened in time has expired, also before its row says so. */
export function atTime(registration: Registration, now: number): Registration {
  const { state, openedAt, expiresAt } = registration;
  const over = state === 'pending' && openedAt === undefined && expiresAt <= now;
  return over ? { ...registration, state: 'expired', failure: 'expired' } : registration;
}
