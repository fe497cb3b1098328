import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createChallenges } from '../../engine/challenges/index.ts';
import type { Hosted } from '../../engine/hosted/index.ts';
import { createPresence, type Presence } from '../../engine/presence/index.ts';
import type { Profiles } from '../../engine/profiles/index.ts';
import type { Registrations } from '../../engine/registrations/index.ts';
import {
  createApiEnd,
  createSessions,
  type FlowEnd,
  type LinkKind,
  type LinkResolver,
  type SessionFlow,
  type Sessions,
} from '../../engine/sessions/index.ts';
import { createVerifyToken, type VerifyToken } from '../../engine/tokens/index.ts';
import type { Audited } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Callers } from '../callers.ts';
import type { Outbound } from '../outbound.ts';
import type { People } from '../people.ts';
import type { PersonTokenParts } from '../person-tokens.ts';
import type { Pictures } from '../pictures.ts';
import { type Behavior, createBehavior } from './behavior.ts';
import { createFlowPages } from './flow-pages.ts';
import { createStanding } from './standing.ts';

export interface LiveSessions extends Behavior {
  liveSessions: Sessions;
  presence: Presence;
  /** What the links of the flows stand for. */
  liveLinks: Partial<Record<LinkKind, LinkResolver>>;
  hosted: Hosted;
  registrations: Registrations;
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
  // Each flow adds its own.
  const ends: Partial<Record<SessionFlow, FlowEnd>> = {
    api: createApiEnd({ events, passes: personTokens.passes, callbacks }),
  };
  const liveLinks: LiveSessions['liveLinks'] = {};
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
  const presence = createPresence({ ...shared, subjects, sessions: liveSessions, tokens: personTokens });
  ends.presence = presence.end;
  liveLinks.presence = presence.links;
  const flowPages = createFlowPages(
    {
      ...shared,
      events,
      sessions: liveSessions,
      flows,
      uniqueness,
      subjects,
      limits,
    },
    { ends, links: liveLinks },
  );
  return {
    liveSessions,
    liveLinks,
    presence,
    ...flowPages,
    ...createBehavior({ ground, vault, opened, audit, limits, behaviorLayers, eventsOut }),
    verifyToken: createVerifyToken({ personTokens, stands: createStanding({ presence, liveSessions }) }),
  };
}
