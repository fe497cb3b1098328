import type { Analysis } from '../../inference/face.ts';
import type { Clock } from '../../lib/clock.ts';
import type { World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import type { CheckResult } from '../checks/index.ts';
import { keptResults } from '../checks/index.ts';
import type { CheckOutcome, Events } from '../events/index.ts';
import type { Attempt, Standing } from '../lockout/index.ts';
import { NOBODY } from '../matching/index.ts';
import type { Subjects } from '../subjects/index.ts';
import { toldResults } from './told-results.ts';
import { assuranceOf, modelsUsed, type Run, timingOf } from './verification-run.ts';
import { anonymous, type VerificationRecord, type VerificationStore } from './verification-store.ts';

export interface RecordDeps {
  subjects: Pick<Subjects, 'isThere' | 'used'>;
  verifications: Pick<VerificationStore, 'seal' | 'add'>;
  inTransaction: InTransaction;
  audit: Audit;
  events: Events;
  clock: Clock;
  /** Told of each verification that was stored. */
  observed?: (verification: Observed) => void;
}

export interface Observed {
  world: World;
  kind: '1:1' | '1:N';
  verified: boolean;
  checks: readonly CheckResult[];
}

/** What is written in the same transaction. */
export interface Beside {
  claim?: { attempt: Attempt; standing: Standing };
  also?(tx: Tx): Promise<void>;
}

const ERASED = 'This person was erased while the picture was looked at.';

/** What the caller is told, for whoever listens to events. */
export interface Told {
  /** 0 in a refusal: how near it came is a slope to climb. Absent where no face could be judged. */
  confidence?: number;
  /** Only when verified. */
  composite?: number;
  /** Why not, in words for the person. */
  reason?: string;
  /** Of whom was recognized, where there is one. */
  email?: string;
}

/**
 * Writes a verification, what it does to the claimed address, its audit line and its event in one transaction. Throws
 * SUBJECT_NOT_FOUND when the erasure of a recognized person has begun meanwhile: the figures are kept, about nobody.
 */
export function createRecord({
  subjects,
  verifications,
  inTransaction,
  audit,
  events,
  clock,
  observed,
}: RecordDeps) {
  return async function record(
    run: Run,
    main: Analysis,
    outcome: Pick<VerificationRecord, 'verified' | 'checks'> & Partial<VerificationRecord>,
    { email, ...told }: Told,
    { claim, also }: Beside = {},
  ): Promise<void> {
    const { id, command, profile, plan, files, started, realm } = run;
    const { actor, request, signal } = command;
    const { verified, subject } = outcome;
    if (signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
    const kind = command.email === undefined ? '1:N' : '1:1';
    const assurance = assuranceOf(run, main);
    const sealed = await verifications.seal({
      id,
      ...realm,
      kind,
      profile: profile.id,
      profileVersion: profile.version,
      confidence: 0,
      composite: 0,
      assurance,
      models: modelsUsed(plan, files),
      timing: timingOf(main, clock.now() - started),
      actor: describeActor(actor),
      at: started,
      ...outcome,
    });
    const figures = {
      verification: id,
      kind,
      profile: profile.id,
      profileSlug: profile.slug,
      profileVersion: profile.version,
      profileMaturity: profile.definition.maturity,
      actor: describeActor(actor),
      notPassed: outcome.checks.flatMap(({ check, pass }) => (pass ? [] : [check])),
      assurance,
      checks: outcomesOf(toldResults(outcome.checks, verified)),
      ...told,
    } as const;
    const isThere = async (tx: Tx): Promise<boolean> => {
      // An address that nobody has is asked about as well, so that it costs as much as a known one.
      if (subject === undefined) return kind === '1:1' && subjects.isThere(tx, NOBODY);
      return verified ? subjects.used(tx, subject, started) : subjects.isThere(tx, subject);
    };
    const write = async (tx: Tx) => {
      const there = await isThere(tx);
      // Also whom somebody was not taken for: who asks for a person's lines finds the failures too.
      const whose = there && subject !== undefined ? { subject } : {};
      await verifications.add(tx, there ? sealed : anonymous(sealed));
      await claim?.attempt.settle(tx, claim.standing, { actor, target: id });
      await also?.(tx);
      await audit.add(tx, {
        actor,
        action: 'verification.decide',
        organization: realm.organization,
        target: id,
        outcome: verified ? 'done' : 'refused',
        ...(request === undefined ? {} : { request }),
        details: { world: realm.world, kind, profile: profile.id, profileVersion: profile.version, ...whose },
      });
      if (verified && there) {
        const values = email === undefined ? {} : { email };
        const personal = { subject: subject!, values };
        const payload = { ...figures, ...whose };
        await events.add(tx, { type: 'verification.verified', ...realm, payload, personal });
      } else {
        const { composite: _, ...refused } = figures;
        const payload = { ...refused, ...(verified ? { reason: ERASED, confidence: 0 } : {}), ...whose };
        await events.add(tx, { type: 'verification.refused', ...realm, payload });
      }
      return there;
    };
    const there = await (claim ? claim.attempt.inTurn(() => inTransaction(write)) : inTransaction(write));
    observed?.({ world: realm.world, kind, verified: verified && there, checks: outcome.checks });
    if (!verified || there) return;
    throw new Problem('SUBJECT_NOT_FOUND', ERASED);
  };
}

/** Places, hours and devices are kept sealed; events carry only what may stand in plain text. */
const outcomesOf = (checks: readonly CheckResult[]): CheckOutcome[] =>
  keptResults(checks).map(({ check, pass, score, weight, skipped }) => ({
    check,
    pass,
    score,
    weight,
    ...(skipped === undefined ? {} : { skipped }),
  }));
