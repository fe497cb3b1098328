import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, VerificationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, type AuditAction, readActor } from '../../audit/index.ts';
import type { Purpose } from '../../consent/index.ts';
import type { Judged } from '../../uniqueness/index.ts';
import type { MovementRow } from './movement-store.ts';
import { MOST_ATTEMPTS, REVIEW_LIFE, type SessionParts } from './parts.ts';
import type { Wait } from './pending-review.ts';
import { riskOf } from './risk.ts';
import type { DecidedSession, SessionDecision, WholeSession } from './session.ts';
import {
  type NewSessionRow,
  outcomeOf,
  realmOf,
  type SessionChange,
  type SessionRow,
  type SessionVote,
  type StoredOutcome,
} from './session-store.ts';

/** How a session ends. */
export interface Ending {
  decision: SessionDecision;
  outcome: Omit<StoredOutcome, 'risk'>;
  person?: { id: SubjectId; email?: string };
  /** Who it is in the scope of the session. */
  uniqueness?: Judged;
  verification?: VerificationId;
  actor: Actor;
  request?: string;
  /** What is kept of the frames of the deciding attempt. */
  frames?: KeptFrames;
  /** The columns sealed for the recognized person. */
  resealed?: Pick<SessionRow, 'order_sealed' | 'device_sealed' | 'answer_sealed'>;
}

/** What is kept of an attempt's frames, so that they cannot be shown again. */
export interface KeptFrames {
  /** Keyed. */
  hashes: readonly string[];
  /** How the face moved, sealed; of earlier attempts of the session too, where their person became known. */
  movements: readonly MovementRow[];
}

/** The session was decided meanwhile, by its time or otherwise: what was written with the approval is undone. */
export class DecidedMeanwhile extends Error {
  constructor() {
    super('The session was decided meanwhile.');
  }
}

interface Consent {
  consent: { version: string; purposes: Purpose[] };
  path: { flash: boolean; motion: boolean };
  request?: string | undefined;
}

/**
 * Everything that is ever written of a session, each with its audit line, in the caller's transaction. A session that is decided is not
 * changed any more: what would is false, or throws CONFLICT.
 */
export function createRecord(parts: SessionParts) {
  const { store, audit, clock, runs, behaviors } = parts;

  const line = (
    tx: Tx,
    { id, organization, world, flow }: Pick<SessionRow, 'id' | 'organization' | 'world' | 'flow'>,
    action: AuditAction,
    { actor, request, details, outcome }: LineDetails,
  ) =>
    audit.add(tx, {
      actor,
      action,
      organization: organization as OrganizationId,
      target: id,
      ...defined({ outcome, request }),
      details: { world, flow, ...details },
    });

  const agreed = (tx: Tx, row: NewSessionRow, { consent, path, request }: Consent) =>
    line(tx, row as SessionRow, 'session.consent', {
      actor: { is: 'session', session: row.id },
      details: { textVersion: consent.version, purposes: consent.purposes, ...path },
      ...defined({ request }),
    });

  async function keep(tx: Tx, row: SessionRow, kept: KeptFrames | undefined): Promise<void> {
    if (!kept) return;
    const { organization } = realmOf(row);
    await parts.frames.add(tx, { organization, session: row.id, at: clock.now() }, kept.hashes);
    await parts.movements.put(tx, kept.movements);
  }

  async function changeUndecided(tx: Tx, id: string, changed: SessionChange): Promise<void> {
    if (!(await store.changeUndecided(tx, id, changed)))
      throw new Problem('CONFLICT', 'This session has its decision already.');
  }

  return {
    async ordered(
      tx: Tx,
      row: NewSessionRow,
      {
        actor,
        request,
        opened,
      }: { actor: Actor; request?: string | undefined; opened?: Consent | undefined },
    ): Promise<void> {
      await store.insert(tx, row);
      const details = { profile: row.profile, match: row.matching };
      await line(tx, row as SessionRow, 'session.create', { actor, details, ...defined({ request }) });
      if (opened) await agreed(tx, row, { ...opened, request });
    },

    /** The person agreed. */
    async opened(tx: Tx, row: SessionRow, by: Consent, changed: SessionChange): Promise<boolean> {
      if (!(await store.changeUndecided(tx, row.id, changed))) return false;
      await agreed(tx, row, by);
      return true;
    },

    /** Counts an attempt; false where none is left, or the session is decided, held or over. `device`: sealed, where the page named it. */
    async attemptBegun(
      tx: Tx,
      { id, running_since }: SessionRow,
      device: Uint8Array | undefined,
    ): Promise<boolean> {
      // One that runs is without a challenge: its end could not be stored.
      const changed = { running_since: null, ...(device && { device_sealed: device }) };
      if (running_since !== null || device) await store.changeUndecided(tx, id, changed);
      return store.beginAttempt(tx, id, { now: clock.now(), by: runs.own, most: MOST_ATTEMPTS });
    },

    /** Another attempt is left. `unspent`: this one too. */
    async attemptNotPassed(
      tx: Tx,
      row: SessionRow,
      { outcome, kept, unspent }: { outcome: StoredOutcome; kept: KeptFrames; unspent: boolean },
    ): Promise<void> {
      const changed = await store.changeUndecided(tx, row.id, {
        running_since: null,
        attempts: unspent ? row.attempts - 1 : row.attempts,
        outcome: JSON.stringify(outcome),
      });
      if (changed && !unspent) await keep(tx, row, kept);
    },

    /** The process that ran it has stopped: the attempt is used, unless it was one of several nodes. */
    async attemptLost(tx: Tx, row: SessionRow): Promise<void> {
      await store.changeUndecided(tx, row.id, parts.node ? lostAttempt(row) : { running_since: null });
    },

    /** This run has it in memory from here on. An attempt that was lost with another node is not counted. False where it is decided. */
    placed: (tx: Tx, row: SessionRow, node: string): Promise<boolean> =>
      store.changeUndecided(tx, row.id, { node, ...(row.running_since !== null && lostAttempt(row)) }),

    async handedOver(
      tx: Tx,
      row: SessionRow,
      { token, request }: { token: string; request?: string | undefined },
    ): Promise<void> {
      const changed = { token_hash: token, follower_hash: row.token_hash, running_since: null };
      await changeUndecided(tx, row.id, changed);
      const actor: Actor = { is: 'session', session: row.id };
      await line(tx, row, 'session.handover', { actor, ...defined({ request }) });
    },

    /** What one of two reviewers wants. */
    async voted(
      tx: Tx,
      row: SessionRow,
      {
        votes,
        approve,
        actor,
        request,
      }: { votes: SessionVote[]; approve: boolean; actor: Actor; request?: string },
    ): Promise<void> {
      await changeUndecided(tx, row.id, { outcome: JSON.stringify({ ...outcomeOf(row), votes }) });
      await audit.add(tx, {
        actor,
        action: 'session.vote',
        organization: realmOf(row).organization,
        target: row.id,
        ...defined({ request }),
        details: { world: row.world, approve },
      });
    },

    /** Leaves a session to a reviewer; without a decision the time decides. Throws DecidedMeanwhile. */
    async leftToReviewer(
      tx: Tx,
      row: SessionRow,
      ending: Ending,
      {
        wait,
        waiting = null,
        pictures = null,
      }: { wait: Wait | 'uniqueness'; waiting?: Uint8Array | null; pictures?: Uint8Array | null },
    ): Promise<void> {
      const { waits: _, votes: __, ...outcome } = behaviors.added(row.id, ending.outcome);
      const risk = riskOf({ ...outcome, attempts: row.attempts });
      const waits =
        wait === 'uniqueness'
          ? {}
          : { waits: wait.waitsFor, reasons: [...new Set([...outcome.reasons, ...wait.reasons])] };
      const held = await store.changeUndecided(tx, row.id, {
        running_since: null,
        held_until: clock.now() + REVIEW_LIFE,
        outcome: JSON.stringify({ ...outcome, ...waits, risk }),
        waiting_sealed: waiting,
        pictures_sealed: pictures,
        ...defined({ verification: ending.verification }),
        ...personOf(ending),
      });
      if (!held) throw new DecidedMeanwhile();
      await keep(tx, row, ending.frames);
      if (wait === 'uniqueness') return;
      const details = { profile: row.profile, reason: wait.reasons.join(', ') };
      await line(tx, row, 'session.hold', { actor: ending.actor, details });
    },

    /**
     * The decision: the row, the frames it showed, its audit line, and what its flow makes of it, with the flow's event. False, and nothing
     * done, for one that is decided.
     */
    async decided(tx: Tx, row: SessionRow, opened: WholeSession, ending: Ending): Promise<boolean> {
      const { decision, person, verification, actor, request } = ending;
      const current = await store.byId(row.id, tx);
      if (!current || current.decision !== null) return false;
      const { waits: _, votes: __, ...found } = behaviors.added(row.id, ending.outcome);
      const outcome: StoredOutcome = { ...found, risk: riskOf({ ...found, attempts: current.attempts }) };
      const changed = {
        state: 'finalized',
        decision,
        decided_at: clock.now(),
        running_since: null,
        held_until: null,
        waiting_sealed: null,
        pictures_sealed: null,
        outcome: JSON.stringify(outcome),
        verification: verification ?? null,
        ...personOf(ending),
      };
      if (!(await store.changeUndecided(tx, row.id, changed))) return false;
      const after: SessionRow = { ...current, ...changed };
      // Of a session that ends while a reviewer decides about its newcomer.
      if (current.held_until !== null && ending.uniqueness === undefined)
        await parts.uniqueness?.withdraw(tx, row.id);
      await keep(tx, row, ending.frames);
      await line(tx, row, 'session.decide', {
        actor,
        outcome: decision === 'approved' ? 'done' : 'refused',
        ...defined({ request }),
        details: {
          decision,
          profile: row.profile,
          attempts: current.attempts,
          reasons: outcome.reasons,
          verification,
          ...defined({ subject: person?.id }),
        },
      });
      const reply = await handlerOf(parts.handlers, row).onDecided(tx, decidedSession(after, opened, ending));
      if (reply) await store.setAnswer(tx, row.id, await parts.sealed.seal(after, 'answer', reply));
      return true;
    },
  };
}

const lostAttempt = (row: SessionRow): SessionChange => ({
  running_since: null,
  attempts: row.attempts - 1,
  outcome: JSON.stringify({ ...outcomeOf(row), notPassed: 'LOST' } satisfies StoredOutcome),
});

/** What the parts that write are built on. */
export interface RecordingParts extends SessionParts {
  record: ReturnType<typeof createRecord>;
}

interface LineDetails {
  actor: Actor;
  request?: string;
  outcome?: 'done' | 'refused';
  details?: Record<string, unknown>;
}

const personOf = ({ person, resealed }: Ending) => person && { subject: person.id, ...resealed };

/** Columns of a session to which a person agreed. */
export const consentColumns = ({ consent, path }: Omit<Consent, 'request'>, now: number) => ({
  state: 'opened',
  opened_at: now,
  consent_version: consent.version,
  consent_purposes: JSON.stringify(consent.purposes),
  consent_at: now,
  flash: Number(path.flash),
  motion: Number(path.motion),
});

export function handlerOf(handlers: SessionParts['handlers'], { flow }: Pick<SessionRow, 'flow'>) {
  const handler = handlers[flow as keyof typeof handlers];
  if (handler) return handler;
  throw new Problem('CONFLICT', `This service has no ${flow} sessions.`);
}

/** A row with its decision, and what was sealed in it. */
function decidedSession(
  row: SessionRow,
  opened: WholeSession,
  { person, uniqueness }: Pick<Ending, 'person' | 'uniqueness'>,
): DecidedSession {
  const { composite, otherPerson, models, risk, notPassed: _, ...plain } = outcomeOf(row);
  return {
    ...opened,
    ...plain,
    state: 'finalized',
    attempts: row.attempts,
    held: false,
    decision: row.decision as SessionDecision,
    decidedAt: row.decided_at!,
    risk: risk!,
    actor: readActor(row.actor),
    otherPerson: otherPerson === true,
    models: models ?? {},
    ...defined({ composite, uniqueness }),
    ...(row.verification === null ? {} : { verification: row.verification as VerificationId }),
    ...(person === undefined ? {} : { person, subject: person.id }),
  };
}
