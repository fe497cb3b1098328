import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createVerifyToken, type PersonClaims, type TokenRealm } from '../engine/accounts/index.ts';
import type { Callbacks } from '../engine/events/index.ts';
import {
  createApiEnd,
  createFlows,
  createOrders,
  createSessions,
  type FlowHandler,
  type Presence,
  type SessionFlow,
  type Sessions,
} from '../engine/live/index.ts';
import { createChallenges, type Profiles } from '../engine/matching/index.ts';
import { humannessOfLiveness } from '../engine/uniqueness/index.ts';
import type { Accounts } from './accounts.ts';
import type { EventsOut } from './events.ts';
import type { Foundation } from './foundation.ts';
import type { People } from './people.ts';
import type { Pictures } from './pictures.ts';
import type { Verification } from './verification.ts';

export type Live = ReturnType<typeof createLive>;

/** Sessions of people in front of a camera, for every flow. */
export function createLive(
  { config, db, inTransaction, sealer, integrity, audit, ids, clock, log, metrics, nodes, runs }: Foundation,
  { organizations, access, limits, personTokens }: Accounts,
  { models, analyzer, pictures }: Pictures,
  { events }: EventsOut,
  { subjects }: People,
  { checks, uniqueness }: Verification,
  { profiles, callbacks }: { profiles: Profiles; callbacks: Callbacks },
) {
  // Each kind of order adds its own.
  const handlers: Partial<Record<SessionFlow, FlowHandler>> = {
    api: createApiEnd({ events, passes: personTokens.passes, callbacks }),
  };
  const liveSessions = createSessions({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    log,
    runs,
    organizations,
    models,
    profiles,
    analyzer,
    workers: config.workers || availableParallelism(),
    workTime: () => pictures().stats().workTime,
    subjects,
    uniqueness,
    verifyLive: checks.verifyLive,
    refusedNow: checks.refusedNow,
    challenges: createChallenges(randomFillSync),
    handlers,
    observed: metrics.attempt,
    node: nodes?.here,
  });
  const flows = createFlows({ db, inTransaction, audit, ids, clock, organizations, profiles });
  const orders = createOrders({
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    organizations,
    access,
    limits,
    profiles,
    events,
    subjects,
    uniqueness,
    flows,
    sessions: liveSessions,
    tokens: personTokens,
    humannessOf: (liveness) => humannessOfLiveness(liveness).score,
    random: randomFillSync,
  });
  Object.assign(handlers, orders.handlers);
  const stands = createStillValid({ presence: orders.presence, liveSessions });
  return { flows, liveSessions, orders, verifyToken: createVerifyToken({ personTokens, stands }) };
}

/** Whether what a token says still holds, by the feature that had it issued. */
export const createStillValid =
  ({
    presence,
    liveSessions,
  }: {
    presence: Pick<Presence, 'stands'>;
    liveSessions: Pick<Sessions, 'stands'>;
  }) =>
  (realm: TokenRealm, token: PersonClaims): Promise<boolean> =>
    token.kind === 'presence'
      ? presence.stands(realm, token.claims)
      : liveSessions.stands(realm, token.claims.sessionId);
