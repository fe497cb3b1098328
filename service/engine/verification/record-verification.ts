import type { Analysis } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import type { World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import { describeActor, type Foundation } from '../audit/index.ts';
import type { CheckOutcome, Events } from '../events/index.ts';
import {
  type Attempt,
  type AttemptVerdict,
  attemptVerdictOf,
  type CheckResult,
  type Comparison,
  composite,
  heldBy,
  isAttack,
  keptResults,
  NO_SUBJECT,
} from '../matching/index.ts';
import type { Subjects } from '../people/index.ts';
import type { Outcome } from './judge.ts';
import type { Admission } from './prepare-verification.ts';
import { assuranceOf, disclosedResults, modelsUsed, type Run, timingOf } from './verdict.ts';
import { anonymous, type VerificationRecord, type VerificationStore } from './verification-store.ts';

export interface WriteDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'clock'> {
  subjects: Pick<Subjects, 'isThere' | 'used'>;
  verifications: Pick<VerificationStore, 'borrowTransform' | 'seal' | 'add'>;
  events: Events;
  /** Called after each stored verification. */
  observed?: (verification: Observed) => void;
}

export interface Observed {
  world: World;
  kind: '1:1' | '1:N';
  verified: boolean;
  checks: readonly CheckResult[];
}

/** A verification that is decided and sealed: its part of the transaction that writes it. */
export interface Writing {
  /** Its row, and what it does to the claimed address. False once the erasure of the person has begun. */
  write(tx: Tx): Promise<boolean>;
  /** Its audit line and its event; after `write`. */
  announce(tx: Tx): Promise<void>;
}

interface Beside {
  claim?: { attempt: Attempt; verdict: AttemptVerdict };
  /** Written with it. */
  also?(tx: Tx): Promise<void>;
  /** Runs the transaction; one of its own when absent. */
  transact?(writing: Writing): Promise<void>;
}

const ERASED = 'This person was erased while the picture was looked at.';

/** What the reply holds, for the receivers of events. */
export interface Disclosed {
  /** 0 in a refusal: how near it came would help an attacker. Absent where no face could be judged. */
  confidence?: number;
  /** Only when verified. */
  composite?: number;
  /** Why not, in words for the person. */
  reason?: string;
  /** E-mail address of the recognized person. */
  email?: string;
}

type Stored = Pick<VerificationRecord, 'verified' | 'ended' | 'checks'> & Partial<VerificationRecord>;

export type WriteVerification = ReturnType<typeof createWriteVerification>;

/**
 * Writes a verification, what it does to the claimed address, its audit line and its event in one transaction. Throws
 * SUBJECT_NOT_FOUND when the erasure of a recognized person has begun meanwhile: the figures are kept without the person.
 */
export function createWriteVerification(deps: WriteDeps) {
  const { verifications, inTransaction, clock, observed } = deps;
  const alone = (writing: Writing) =>
    inTransaction(async (tx) => {
      await writing.write(tx);
      await writing.announce(tx);
    });

  return async function write(
    run: Run,
    main: Analysis,
    outcome: Stored,
    { email, ...disclosed }: Disclosed,
    { claim, also, transact = alone }: Beside = {},
  ): Promise<void> {
    const { id, command, plan, files, started, realm, profile } = run;
    const { actor, signal } = command;
    const { verified } = outcome;
    if (signal?.aborted) throw new Problem('TIMEOUT', 'The caller did not wait for the answer.');
    const kind = kindOf(run);
    using _borrowed = verifications.borrowTransform(realm.organization);
    const sealed = await verifications.seal({
      id,
      ...realm,
      kind,
      profile: profile.id,
      profileVersion: profile.version,
      rules: profile.definition.checks,
      confidence: 0,
      composite: 0,
      assurance: assuranceOf(run, main),
      models: modelsUsed(plan, files),
      timing: timingOf(main, clock.now() - started),
      actor: describeActor(actor),
      source: run.source,
      at: started,
      ...outcome,
    });
    const figures = { ...figuresOf(run, main, outcome), ...disclosed };
    let there = false;
    const writing: Writing = {
      async write(tx) {
        there = await isThere(deps, tx, run, outcome);
        await verifications.add(tx, there ? sealed : anonymous(sealed));
        await claim?.attempt.settle(tx, claim.verdict, { actor, target: id });
        await also?.(tx);
        return there;
      },
      announce: (tx) => announce(deps, tx, run, { ...outcome, there, email, figures }),
    };
    await (claim ? claim.attempt.inTurn(() => transact(writing)) : transact(writing));
    observed?.({ world: realm.world, kind, verified: verified && there, checks: outcome.checks });
    if (!verified || there) return;
    throw new Problem('SUBJECT_NOT_FOUND', ERASED);
  };
}

async function isThere(
  { subjects }: WriteDeps,
  tx: Tx,
  run: Run,
  { subject, verified }: Stored,
): Promise<boolean> {
  // An unknown address costs the same query as a known one.
  if (subject === undefined) return kindOf(run) === '1:1' && subjects.isThere(tx, NO_SUBJECT);
  return verified ? subjects.used(tx, subject, run.started) : subjects.isThere(tx, subject);
}

/** The audit line and the event. */
async function announce(
  { audit, events }: WriteDeps,
  tx: Tx,
  run: Run,
  {
    verified,
    subject,
    there,
    email,
    figures,
  }: Stored & {
    there: boolean;
    email: string | undefined;
    figures: ReturnType<typeof figuresOf> & Omit<Disclosed, 'email'>;
  },
): Promise<void> {
  const { id, command, profile, realm } = run;
  const { actor, request, metadata } = command;
  // Also of the person who was claimed and not matched: a search for a person's lines finds the failures too.
  const whose = there && subject !== undefined ? { subject } : {};
  await audit.add(tx, {
    actor,
    action: 'verification.decide',
    organization: realm.organization,
    target: id,
    outcome: verified ? 'done' : 'refused',
    ...defined({ request }),
    details: {
      world: realm.world,
      kind: kindOf(run),
      profile: profile.id,
      profileVersion: profile.version,
      ...(command.vouched && { vouched: true }),
      ...whose,
    },
  });
  if (verified && there) {
    const personal = { subject: subject!, values: defined({ email, metadata }) };
    const payload = { ...figures, ...whose };
    await events.add(tx, { type: 'verification.verified', ...realm, payload, personal });
  } else {
    const { composite: _, ...refused } = figures;
    const payload = { ...refused, ...(verified ? { reason: ERASED, confidence: 0 } : {}), ...whose };
    const personal = metadata && { values: {}, untilDelivered: { metadata } };
    await events.add(tx, { type: 'verification.refused', ...realm, payload, ...defined({ personal }) });
  }
}

const kindOf = ({ command }: Run): '1:1' | '1:N' => (command.email === undefined ? '1:N' : '1:1');

/** What an event says of a verification, beside `Disclosed`. */
function figuresOf(run: Run, main: Analysis, { checks, verified }: Stored) {
  const { id, command, profile } = run;
  return {
    verification: id,
    kind: kindOf(run),
    profile: profile.id,
    profileSlug: profile.slug,
    profileVersion: profile.version,
    profileMaturity: profile.definition.maturity,
    actor: describeActor(command.actor),
    notPassed: checks.flatMap(({ check, pass }) => (pass ? [] : [check])),
    assurance: assuranceOf(run, main),
    source: run.source,
    checks: outcomesOf(disclosedResults(checks, verified)),
  };
}

/** The step `record`: writes the outcome; a replayed picture and an attack in turn, with the picture that is refused from then on. */
export function createRecord(write: WriteVerification) {
  return async function record(
    run: Run,
    { main, decision, checkResults, compositeScore, replayed, ended, reason, recognized, probe }: Outcome,
    { guard, attempt }: Pick<Admission, 'guard' | 'attempt'>,
    beside: Pick<Beside, 'transact'> = {},
  ): Promise<void> {
    const { command, place } = run;
    const { device, email } = command;
    const { matched, subject, identification, alike } = decision;
    const verified = reason === undefined;
    const stored = {
      verified,
      ended,
      matched,
      ...defined({ gallerySize: identification?.gallerySize, alike }),
      checks: checkResults,
      confidence: decision.confidence,
      composite: compositeScore,
      ...(decision.comparison ? { match: matchOf(decision.comparison) } : {}),
      ...(subject && (matched || email !== undefined) ? { subject } : {}),
      ...(verified ? { personal: { probe, ...defined({ place, device }) } } : { reason }),
    };
    const verdict = replayed ? 'against' : attemptVerdictOf(verified, matched, checkResults);
    // What a test person is refused for is counted against no address, so that a test meets the same answer each time.
    const isTest = main.testOutcome !== undefined;
    const claim = attempt === undefined || isTest ? {} : { claim: { attempt, verdict } as const };
    const disclosed = {
      confidence: verified ? decision.confidence : 0,
      ...(verified ? { composite: composite(disclosedResults(checkResults, true)) } : { reason }),
      ...defined({ email: recognized?.email }),
    };
    if (isTest) await write(run, main, stored, disclosed, beside);
    else if (replayed || isAttack(checkResults)) {
      const also = (tx: Tx) => guard.add(tx, main.pixelHash);
      await guard.inTurn(() => write(run, main, stored, disclosed, { ...beside, ...claim, also }));
    } else {
      await guard.admitAgain();
      await write(run, main, stored, disclosed, { ...beside, ...claim });
    }
  };
}

const matchOf = ({ reference: { scorer, pictures }, shift }: Comparison) => ({
  scorer: scorer.id,
  holdsFor: heldBy(scorer),
  pictures,
  shift,
});

/** Places, hours and devices are stored sealed; events contain only what may be stored in plain text. */
const outcomesOf = (checks: readonly CheckResult[]): CheckOutcome[] =>
  keptResults(checks).map(({ check, pass, score, weight, skipped }) => ({
    check,
    pass,
    score,
    weight,
    ...defined({ skipped }),
  }));
