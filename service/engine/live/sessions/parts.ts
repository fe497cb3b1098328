import type { FaceAnalyzer } from '../../../inference/workers/face-analyzer.ts';
import type { World } from '../../../lib/id.ts';
import type { ThisNode } from '../../../lib/node-tag.ts';
import type { Turns } from '../../../lib/turns.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Foundation } from '../../audit/index.ts';
import type { Challenges, Profiles } from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Subjects } from '../../people/index.ts';
import type { Uniqueness } from '../../uniqueness/index.ts';
import type { RefusedNow, VerifyLive } from '../../verification/index.ts';
import type { FrameStore, MovementStore } from './movement-store.ts';
import type { OwnerSealer, SealedValues } from './sealed-store.ts';
import type { FlowHandler, SessionDecision, SessionFlow, SessionWait } from './session.ts';
import type { SessionBehaviors } from './session-behavior.ts';
import type { SessionIntegrity, SessionStore } from './session-store.ts';

/** How an attempt ended. */
export interface ObservedAttempt {
  world: World;
  /** `another`: not passed, and another attempt is left. `held`: a person decides. */
  outcome: SessionDecision | 'another' | 'held';
  /** What about; absent unless held. */
  waitsFor?: SessionWait;
}

export interface SessionsDeps extends Foundation {
  sealer: OwnerSealer;
  integrity: SessionIntegrity;
  runs: Pick<Runs, 'own' | 'living'>;
  random?: (into: Uint8Array) => void;
  analyzer: FaceAnalyzer;
  /** Of the analyzer, and the milliseconds that they have spent on pictures since they started, added up. */
  workers: number;
  workTime: () => number;
  models: Pick<Models, 'current' | 'importable'>;
  organizations: Pick<Organizations, 'get' | 'brandingOf'>;
  profiles: Pick<Profiles, 'list' | 'get'>;
  subjects: Pick<Subjects, 'catchUp' | 'find' | 'ownerOfPicture' | 'peopleWithout'>;
  verifyLive: VerifyLive;
  refusedNow: RefusedNow;
  challenges: Challenges;
  /** Absent: a session that asks for uniqueness is refused. */
  uniqueness?: Pick<Uniqueness, 'judge' | 'withdraw' | 'isMember'>;
  /** Called after each attempt. */
  observed?: (attempt: ObservedAttempt) => void;
  /** Absent: no other node shares the record. */
  node?: ThisNode | undefined;
  /** A flow without one is refused. */
  handlers: Partial<Record<SessionFlow, FlowHandler>>;
}

/** What the parts of the feature are built on. */
export interface SessionParts extends SessionsDeps {
  random: (into: Uint8Array) => void;
  store: SessionStore;
  frames: FrameStore;
  movements: MovementStore;
  sealed: SealedValues;
  behaviors: SessionBehaviors;
  /** One change of a session at a time. */
  turns: Turns;
}

/** Attempts of a session. */
export const MOST_ATTEMPTS = 3;
/** Milliseconds from `begin` to the end of a session. */
export const SESSION_LIFE = 10 * 60_000;
/** Milliseconds after which a session that waits for a review is a duplicate; engine/uniqueness ends the wait an hour before. */
export const REVIEW_LIFE = 73 * 3_600_000;
/** Milliseconds that the keyed hashes of frames and the movements are kept. */
export const FRAMES_KEPT = 30 * 24 * 3_600_000;
