import { randomFillSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import {
  type ChallengeReason,
  challengeRules,
  createChallenge,
  drawChallenge,
  frameRequest,
  tryAgainAfter,
} from '../../engine/challenges/index.ts';
import { createPresence, type Presence } from '../../engine/presence/index.ts';
import { createProfiles } from '../../engine/profiles/index.ts';
import {
  type Challenges,
  createApiEnd,
  createSessions,
  type FlowEnd,
  type LinkKind,
  type LinkResolver,
  type SessionFlow,
  type Sessions,
} from '../../engine/sessions/index.ts';
import { defined } from '../../lib/defined.ts';
import type { Audited } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Callers } from '../callers.ts';
import type { Outbound } from '../outbound.ts';
import type { People } from '../people.ts';
import type { PersonTokenParts } from '../person-tokens.ts';
import type { Pictures } from '../pictures.ts';

export interface LiveSessions {
  liveSessions: Sessions;
  presence: Presence;
  /** What the links of the flows stand for. */
  liveLinks: Partial<Record<LinkKind, LinkResolver>>;
}

/** Sessions of people in front of a camera, for every flow. */
export function createLiveSessions({
  config,
  ground,
  audit,
  organizations,
  models,
  analyzer,
  subjects,
  checks,
  uniqueness,
  personTokens,
  eventsOut: { events, callbacks },
}: Pick<Base, 'config' | 'ground'> &
  Audited &
  Pick<Callers, 'organizations'> &
  Pick<Pictures, 'models' | 'analyzer'> &
  Pick<Outbound, 'eventsOut'> &
  Pick<People, 'subjects' | 'checks' | 'uniqueness'> &
  Pick<PersonTokenParts, 'personTokens'>): LiveSessions {
  const shared = { ...ground, audit, organizations, models };
  // Each flow adds its own.
  const ends: Partial<Record<SessionFlow, FlowEnd>> = {
    api: createApiEnd({ events, passes: personTokens.passes, callbacks }),
  };
  const liveLinks: LiveSessions['liveLinks'] = {};
  const liveSessions = createSessions({
    ...{ ...shared, analyzer, subjects, uniqueness, ends },
    workers: config.workers || availableParallelism(),
    profiles: createProfiles(shared),
    verifyLive: checks.verifyLive,
    challenges: liveChallenges,
  });
  const presence = createPresence({ ...shared, subjects, sessions: liveSessions, tokens: personTokens });
  ends.presence = presence.end;
  liveLinks.presence = presence.links;
  return { liveSessions, liveLinks, presence };
}

/** Challenges as sessions ask for them. */
const liveChallenges: Challenges = {
  begin: ({ definition }, plan, path) =>
    createChallenge(drawChallenge(challengeRules(definition.challenge), path, randomFillSync), {
      scorers: plan.scorers,
      ...defined({ pad: plan.pad }),
    }),
  request: (challenge, plan) => frameRequest(challenge, plan),
  steps: ({ definition }) => challengeRules(definition.challenge).count,
  tryAgain: (reasons) => tryAgainAfter(reasons as ChallengeReason[]),
};
