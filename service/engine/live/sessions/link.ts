import type { TestOutcome } from '../../../lib/test-outcome.ts';
import type { Branding } from '../../accounts/index.ts';
import type { WithoutMotion } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { BeginOrder, SessionFlow, SessionPage, SessionResult } from './session.ts';

/** What a page address stands for. `session`: the capability itself; `handover`: a second device. The others belong to their flows. */
export const linkKinds = ['session', 'presence', 'hosted', 'flow', 'registration', 'handover'] as const;
export type LinkKind = (typeof linkKinds)[number];

/** What the page shows before it asks for anything. Reading it changes nothing. */
export interface LinkDescription {
  realm: Realm;
  /** `taken`: another browser has begun; `finished`: its check was done or called off; `ended`: with its result, or its time is over. */
  state: 'ready' | 'ended' | 'finished' | 'taken';
  flow: SessionFlow;
  organization: Branding;
  page: SessionPage;
  /** Slug of the profile; absent: the one that the organization uses. */
  profile?: string;
  /** Slugs of the profiles that the key is restricted to, by which the link was made. */
  profiles?: readonly string[];
  /** Steps of a challenge; absent: of the profile (filled in by the door). */
  steps?: number;
  /** What the path without motion yields; absent: by the profile (filled in by the door). */
  withoutMotion?: WithoutMotion;
  /** Of a session that has ended. */
  result?: SessionResult;
  /** Ms since 1970. */
  expiresAt: number;
  test: boolean;
  /** It ends so as soon as the person agrees, without a camera. */
  testOutcome?: TestOutcome;
  /** What the visitor's browser has to compute before it begins, where its address has begun often lately. */
  work?: { challenge: string; bits: number };
  openerOrigins: readonly string[];
}

export interface BeginOptions extends BeginOrder {
  /** Of a flow's page in test mode. */
  test: boolean;
  /** Of the work that the description asked for. */
  proof?: { challenge: string; answer: string };
  request?: string;
}

/** The capability of a session for one browser. */
export interface BegunSession {
  sessionId: string;
  token: string;
  /** Ms since 1970. */
  expiresAt: number;
}

/**
 * A flow's links. `begin` consumes the link, once, and makes the session in the same transaction (`Sessions.prepare`); the caller
 * then records consent, path and device with `Sessions.open`. Throws NOT_FOUND, SESSION_EXPIRED, CONFLICT.
 */
export interface LinkResolver {
  describe(token: string, order: { test: boolean; address?: string }): Promise<LinkDescription>;
  begin(token: string, order: BeginOptions): Promise<BegunSession>;
  /** The person does not consent, before a session began. */
  deny(token: string, order: { test: boolean; request?: string }): Promise<{ redirect?: string }>;
  /** Origins that may embed the page; undefined where there is no such link. */
  originsOf(token: string): Promise<readonly string[] | undefined>;
}
