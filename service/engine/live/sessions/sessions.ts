import type { SessionId, SubjectId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import type { SessionData } from '../../behavior/index.ts';
import type { TryAgain, WithoutMotion } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import type { DecidedNewcomer } from '../../uniqueness/index.ts';
import type { BegunSession, LinkDescription } from './link.ts';
import type {
  BeginOrder,
  NewSession,
  Session,
  SessionCamera,
  SessionDecision,
  SessionFlow,
  SessionPage,
  SessionResult,
  WholeSession,
} from './session.ts';

/** What the page shows, after every message. Never a score. */
export interface LiveState {
  is: 'state';
  state:
    | 'ready'
    | 'queued'
    | 'guiding'
    | 'running'
    | 'checking'
    | 'between'
    | 'decided'
    | 'ended'
    | 'following';
  /** In the queue, from 1. */
  position?: number;
  /** Seconds until there is a place, about: by how long places were held lately. */
  waitSeconds?: number;
  attempt: number;
  attemptsLeft: number;
  step?: {
    index: number;
    of: number;
    name: string;
    progress: number;
    holdMs: number;
    limitMs: number;
    color?: string;
  };
  guidance?: { step: string; code: string };
  /** The client sends faster than it is served. */
  slower?: true;
  /** The client's time of the frame that this answers, where it was judged; others were left out. */
  judged?: number;
  /** With `judged`: ms from the arrival of that frame to this answer, its wait for a worker included. */
  judgedMs?: number;
  /** The frame was not judged, because all workers were busy. */
  leftOut?: true;
  /** A wrong number was picked on the second device: the code of the handover is used up. */
  codeUsedUp?: true;
  /** What to try, never why exactly. */
  notPassed?: { code: TryAgain };
  result?: SessionResult;
}

/** The one connection of a session. */
export interface FrameLink {
  readonly session: SessionId;
  state(): Promise<LiveState>;
  /** Begins an attempt, or waits for a place. Idempotent while one runs. `camera`: kept with what the device said of itself. */
  start(camera?: SessionCamera): Promise<LiveState>;
  /** Ends the camera's use; an attempt in progress is over and counted. */
  stop(): Promise<LiveState>;
  /** Judges one frame. `at`: the client's time in ms. Throws IMAGE_* and SESSION_EXPIRED. */
  submitFrame(frame: Uint8Array, at: number): Promise<LiveState>;
  close(): void;
}

export interface ConnectOptions {
  /** Another connection has taken its place. */
  replaced?: () => void;
  /** Network address of the browser. */
  address?: string;
  /** The client posts its frames, each time over a connection of its own. */
  posts?: boolean;
}

export interface Handover {
  /** Capability of the link for the second device, for one use. */
  token: string;
  number: string;
  expiresAt: number;
}

export interface SessionPageRequest {
  state?: Session['state'];
  flow?: SessionFlow;
  decision?: SessionDecision;
  /** Those alone that wait for a reviewer. */
  held?: true;
  /** The last six characters of their ids. */
  reference?: string;
  /** Whose they are. */
  person?: SubjectId;
  /** Id of the last of the page before. */
  before?: string;
  limit: number;
}

/** A session that is not written yet. */
export interface PreparedSession {
  id: SessionId;
  /** Capability of the browser. Shown this once. */
  token: string;
  /** Ms since 1970. */
  expiresAt: number;
  write(tx: Tx): Promise<void>;
}

/** The session of a capability. */
export interface SessionHolder {
  id: SessionId;
  realm: Realm;
  flow: SessionFlow;
  browserOrigins: readonly string[];
  /** The person has agreed to the text. */
  agreed: boolean;
  /** Gatehouse's own page collects behavior. */
  collects: boolean;
}

/** The profile of a session that is not there yet. */
export type ProfileChoice = Pick<LinkDescription, 'profile' | 'profiles'>;

/** Live sessions of every flow. */
export interface Sessions {
  /**
   * Checks, reads and seals a session that is part of a larger change. Throws INVALID_REQUEST, PROFILE_NOT_FOUND, PROFILE_NOT_ALLOWED,
   * MODEL_NOT_INSTALLED, PAD_NOT_INSTALLED, KIOSK_REQUIRED, MOTION_REQUIRED, CONFLICT where the person agreed to another text than that of the page, and CONSENT_REQUIRED where they agreed to
   * less than it needs.
   */
  prepare(order: NewSession): Promise<PreparedSession>;
  /** The same, in a transaction of its own. */
  create(order: NewSession): Promise<Omit<PreparedSession, 'write'>>;
  find(realm: Realm, id: string): Promise<WholeSession | undefined>;
  /** With what is sealed, for an administrator; audited. Throws NOT_FOUND. */
  read(realm: Realm, id: string, actor: Actor, request?: string): Promise<WholeSession>;
  /**
   * JPEG of a step of a session that waits for a person, by its place in `WholeSession.pictures`, for an administrator; audited. Throws
   * NOT_FOUND.
   */
  picture(
    realm: Realm,
    id: string,
    index: number,
    by: { actor: Actor; request?: string },
  ): Promise<Uint8Array>;
  /** The newest first. */
  page(realm: Realm, order: SessionPageRequest): Promise<Session[]>;
  /** The same, with what is sealed of them. */
  wholePage(realm: Realm, order: SessionPageRequest): Promise<WholeSession[]>;
  /** Throws NOT_FOUND; CONFLICT for one that is decided. */
  cancel(realm: Realm, id: string, actor: Actor, request?: string): Promise<Session>;
  /**
   * A person decides about a session that was passed without motion of the head or before a suspect camera, or whose evidence did not
   * suffice; where the organization asks for two reviewers, the first vote alone decides nothing. Throws NOT_FOUND; CONFLICT for a session that does not wait for it.
   */
  review(
    realm: Realm,
    id: string,
    order: { approve: boolean; actor: Actor; request?: string },
  ): Promise<Session>;
  /** By id, for the relying party. Throws NOT_FOUND; CONFLICT before the person has finished. */
  finalize(realm: Realm, id: string, request?: string): Promise<SessionResult>;
  /**
   * Behavior on the page of a session, for its risk and the humanness score; the newest counts, until the session is decided.
   */
  noteBehavior(id: string, data: SessionData): void;
  /** Whether an approval still counts: the session is kept, and its person was not erased since. */
  stands(realm: Realm, id: string): Promise<boolean>;
  /** A reviewer has decided about the newcomer of a session that is held, or time has; in that transaction. */
  newcomerDecided(tx: Tx, decided: DecidedNewcomer): Promise<void>;
  /** Decides what time has decided, in turns by organization; the number of those. `signal`: leaves the others to the next run. */
  expireDue(signal?: AbortSignal): Promise<number>;
  /** Removes the hashes of frames and the movements that were kept for 30 days: a recording of them counts as new from then on. */
  sweep(signal?: AbortSignal): Promise<void>;
  /** Ends attempts of runs that live no more. */
  takeOver(): Promise<number>;
  /** Steps of a challenge of the profile. */
  stepsOf(realm: Realm, choice: ProfileChoice): Promise<number>;
  /** What the path without motion yields there. */
  withoutMotionOf(realm: Realm, order: ProfileChoice & { flow: SessionFlow }): Promise<WithoutMotion>;
  /**
   * Before a link is handed out whose session is made once it is opened: throws KIOSK_REQUIRED where the profile takes no frames of a
   * browser.
   */
  requireBrowser(realm: Realm, choice: ProfileChoice): Promise<void>;
  /** The page with what the profile adds to it, as a session that is ordered now will have it. Throws KIOSK_REQUIRED. */
  pageOf(realm: Realm, order: ProfileChoice & { flow: SessionFlow; page: SessionPage }): Promise<SessionPage>;
  /** Origins that may embed the page of a session, by its id; none for an unknown one. */
  originsOf(id: string): Promise<readonly string[]>;

  /** Run of the other node that has it in memory; undefined: it is this one from here on, or none needs to. By id, and by the capability. */
  nodeOf(id: string): Promise<string | undefined>;
  nodeOfToken(token: string): Promise<string | undefined>;

  /** Whose capability it is now; undefined for an unknown one, and for one that was handed over. */
  holder(token: string): Promise<SessionHolder | undefined>;

  // For the page. Each takes the capability; throws MISSING_AUTH for an unknown one, SESSION_EXPIRED once it is over.
  /** The public id of the session of a capability. Throws MISSING_AUTH. */
  idOf(token: string): Promise<string>;
  describe(token: string): Promise<LinkDescription>;
  /** Again with the same secret and choice, as where the answer was lost: the session goes on. Throws CONFLICT for any other browser. */
  open(token: string, order: BeginOrder & { request?: string }): Promise<BegunSession>;
  /** The person does not agree, or gives up; also on a device that only follows. */
  deny(token: string, request?: string): Promise<{ redirect?: string; reference?: string }>;
  state(token: string): Promise<LiveState>;
  /** `replaced`: another connection has taken its place. Throws CONFLICT before the person has agreed, and for a device that only follows. */
  connect(token: string, order?: ConnectOptions): Promise<FrameLink>;
  finalizeByToken(token: string): Promise<SessionResult>;
  handOver(token: string): Promise<Handover>;
  describeHandover(token: string): Promise<LinkDescription & { numbers: string[] }>;
  /** A wrong number ends the handover. Throws CONFLICT. */
  acceptHandover(token: string, order: { number: string; request?: string }): Promise<BegunSession>;
}
