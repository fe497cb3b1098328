import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createVerifyToken, type VerifyToken } from '../../engine/accounts/index.ts';
import {
  createApiEnd,
  createOrders,
  createSessions,
  type FlowHandler,
  type Orders,
  type SessionFlow,
  type Sessions,
} from '../../engine/live/index.ts';
import { createChallenges, type Profiles } from '../../engine/matching/index.ts';
import { humannessOfLiveness } from '../../engine/uniqueness/index.ts';
import type { Audited, Callers } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Outbound } from '../outbound.ts';
import type { People } from '../people.ts';
import type { PersonTokenParts } from '../person-tokens.ts';
import type { Pictures } from '../pictures.ts';
import { type Behavior, createBehavior } from './behavior.ts';
import { createStanding } from './standing.ts';

export interface LiveSessions extends Behavior {
  liveSessions: Sessions;
  orders: Orders;
  verifyToken: VerifyToken;
}

/** Sessions of people in front of a camera, for every flow. */
export function createLiveSessions({
  config,
  metrics,
  ground,
  vault,
  audit,
  organizations,
  access,
  models,
  analyzer,
  pictures,
  subjects,
  checks,
  uniqueness,
  personTokens,
  flows,
  behaviorLayers,
  limits,
  profiles,
  eventsOut,
  opened,
}: { profiles: Profiles } & Pick<Base, 'config' | 'metrics' | 'ground' | 'vault' | 'opened'> &
  Audited &
  Pick<Callers, 'organizations' | 'access' | 'limits'> &
  Pick<Pictures, 'models' | 'analyzer' | 'pictures'> &
  Pick<Outbound, 'eventsOut'> &
  Pick<People, 'subjects' | 'checks' | 'flows' | 'uniqueness' | 'behaviorLayers'> &
  Pick<PersonTokenParts, 'personTokens'>): LiveSessions {
  const { events, callbacks } = eventsOut;
  const shared = { ...ground, audit, organizations, access, models, profiles };
  // Each kind of order adds its own.
  const ends: Partial<Record<SessionFlow, FlowHandler>> = {
    api: createApiEnd({ events, passes: personTokens.passes, callbacks }),
  };
  const liveSessions = createSessions({
    ...shared,
    analyzer,
    subjects,
    uniqueness,
    ends,
    integrity: vault.integrity,
    workers: config.workers || availableParallelism(),
    workTime: () => pictures().stats().workTime,
    verifyLive: checks.verifyLive,
    challenges: createChallenges(randomFillSync),
    observed: metrics.attempt,
  });
  const orders = createOrders({
    ...shared,
    events,
    sessions: liveSessions,
    flows,
    uniqueness,
    subjects,
    limits,
    tokens: personTokens,
    humannessOf: (liveness) => humannessOfLiveness(liveness).score,
    random: randomFillSync,
  });
  Object.assign(ends, orders.ends);
  return {
    liveSessions,
    orders,
    ...createBehavior({ ground, vault, opened, audit, limits, behaviorLayers, eventsOut }),
    verifyToken: createVerifyToken({
      personTokens,
      stands: createStanding({ presence: orders.presence, liveSessions }),
    }),
  };
}
