import { defined } from '../../../lib/defined.ts';
import type { SubjectId, VerificationId } from '../../../lib/id.ts';
import { Problem, type ProblemCode } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { readActor } from '../../audit/index.ts';
import { type ChallengeReason, tryAgainAfter } from '../../matching/index.ts';
import type { Judged, UniquenessRequest } from '../../uniqueness/index.ts';
import type { JudgedLive, Writing } from '../../verification/index.ts';
import {
  type EndedAttempt,
  endedAttempt,
  replayEvidence,
  shownMeanwhile,
  withCount,
  withMorph,
} from './ended-attempt.ts';
import type { Attempt } from './judge-frame.ts';
import { MOST_ATTEMPTS, type ObservedAttempt, type SessionParts } from './parts.ts';
import { SUSPECT_CAMERA, UNDECIDED, uniquenessRequestOf, waitingFace, waitOf } from './pending-review.ts';
import {
  DecidedMeanwhile,
  type Ending,
  handlerOf,
  type KeptFrames,
  type RecordingParts,
} from './record-session.ts';
import { REPLAYED_FRAMES, REPLAYED_MOVEMENT } from './risk.ts';
import { realmOf, type SessionRow, sessionOf, sourceOfSession } from './session-store.ts';

/** Why an attempt is not passed. `final`: the session ends, whatever attempts are left. */
interface Refusal {
  codes: readonly string[];
  final?: true;
}

/** What was shown before is shown by no one who is there. */
const SHOWN_BEFORE: ReadonlySet<string> = new Set([REPLAYED_FRAMES, REPLAYED_MOVEMENT, 'REPLAYED_PICTURE']);
/** Refusals after which another attempt is of no use. */
const FINAL: ReadonlySet<string> = new Set<ProblemCode>(['CONSENT_WITHDRAWN', 'VERIFICATION_DISABLED']);

/** The end of an attempt, decided once. One that was not passed leaves the session open while there is another. */
export function createDecideAttempt(parts: RecordingParts) {
  const { store, turns, log, observed } = parts;
  const matchPerson = createMatchPerson(parts);
  const refuse = createRefuse(parts);
  const settle = createSettleTest(parts);
  const accept = createAccept(parts);

  /** The steps, in order: the first refusal counts. */
  async function decide(ended: EndedAttempt): Promise<void> {
    const { testOutcome } = ended.attempt;
    if (testOutcome === 'duplicate' || testOutcome === 'expired') return settle(ended, testOutcome);
    const early =
      refusedByErasure(ended) ??
      (testOutcome ? refusedAsTest(ended) : (refusedByFrames(ended) ?? refusedByRules(ended)));
    if (early) return refuse(ended, early);
    const match = await matchPerson(ended);
    try {
      ended.outcome = withMorph(ended.outcome, match?.alike);
      const late =
        refusedByMatch(match) ??
        (await refusedByPastOfPerson(parts, ended, match)) ??
        (await refusedByFlow(parts, ended, match));
      // A test person gets no other attempt.
      const refusal = late && { ...late, ...(testOutcome && { final: true as const }) };
      await (refusal ? refuse(ended, refusal, match) : accept(ended, match));
    } finally {
      match?.end();
    }
  }

  return (session: string, attempt: Attempt): Promise<void> =>
    turns(session, async () => {
      const ended = await endedAttempt(parts, session, attempt);
      if (!ended) return;
      try {
        await decide(ended);
      } catch (error) {
        if (error instanceof DecidedMeanwhile) return;
        const code = codeOf(error);
        if (code === 'INTERNAL') log.error({ error, session }, 'the end of an attempt failed');
        await refuse(ended, { codes: [code] });
      }
      if (observed) observed(leftAs((await store.byId(session)) ?? ended.row));
    });
}

/** Without what was ordered any enrolled person would do, however often counted. */
const refusedByErasure = ({ opened }: EndedAttempt): Refusal | undefined =>
  opened.orderLost ? { codes: ['PERSON_ERASED'], final: true } : undefined;

function refusedByFrames(ended: EndedAttempt): Refusal | undefined {
  const { result, outcome } = ended;
  const isLive = result.passed || waitsUndecided(ended);
  // With the reasons that it has already.
  if (!isLive || outcome.reasons.some((reason) => SHOWN_BEFORE.has(reason))) return { codes: [] };
  return result.identity ? undefined : { codes: ['NO_NEUTRAL_FRAME'] };
}

/** The profile may have been changed since the person chose the path. */
function refusedByRules({ isSourceAllowed, rules }: EndedAttempt): Refusal | undefined {
  if (!isSourceAllowed) return { codes: ['KIOSK_REQUIRED'], final: true };
  if (rules.withoutMotion === 'refuse') return { codes: ['MOTION_REQUIRED'], final: true };
  return rules.suspectCamera === 'refuse' ? { codes: [SUSPECT_CAMERA] } : undefined;
}

/** The fixed refusal of a test person. */
function refusedAsTest({ attempt: { testOutcome }, row, result }: EndedAttempt): Refusal | undefined {
  if (!result.passed) return { codes: [], final: true };
  return testOutcome === 'not-matched' && row.matching === 'none'
    ? { codes: ['NOT_RECOGNIZED'], final: true }
    : undefined;
}

/** The end of a test person that no attempt of a person has by itself. */
const createSettleTest =
  ({ record, inTransaction }: RecordingParts) =>
  async ({ row, opened, kept, actor, outcome }: EndedAttempt, decision: 'duplicate' | 'expired') => {
    const reasons = [...outcome.reasons, ...(decision === 'expired' ? ['TIME_OVER'] : [])];
    await inTransaction((tx) =>
      record.decided(tx, row, opened, { decision, actor, outcome: { ...outcome, reasons }, frames: kept }),
    );
  };

/** Who it is, by the steps of a verification; undefined where no enrolled person is asked for. */
const createMatchPerson =
  ({ verifyLive }: SessionParts) =>
  async (ended: EndedAttempt): Promise<JudgedLive | undefined> => {
    const { row, opened, result } = ended;
    if (row.matching === 'none') return undefined;
    const { device, email, profiles, context } = opened;
    const { analysis: main, embeddings } = result.identity!;
    const passed = result.assurance === 'passive-frames' ? 'passive' : 'active';
    return verifyLive({
      ...realmOf(row),
      source: sourceOfSession(row),
      actor: readActor(row.actor),
      profile: row.profile,
      profiles,
      context,
      main,
      embeddings,
      assurance: waitsUndecided(ended) ? 'match-only' : passed,
      ...defined({ email, address: device?.address }),
      device: defined({
        cameraWidth: device?.width,
        cameraHeight: device?.height,
        userAgent: device?.userAgent,
      }),
    });
  };

const refusedByMatch = (match: JudgedLive | undefined): Refusal | undefined =>
  match && !match.verified ? { codes: [match.outcome] } : undefined;

/** The person's own earlier sessions hold the movement, beyond the newest of the organization; it is noted. */
async function refusedByPastOfPerson(
  parts: RecordingParts,
  { row, result, outcome, rules }: EndedAttempt,
  match: JudgedLive | undefined,
): Promise<Refusal | undefined> {
  const { evidence } = outcome.liveness!;
  if (!match?.person || evidence.some(({ kind }) => kind === 'replay')) return undefined;
  const replay = await replayEvidence(parts, realmOf(row), result, rules, match.person.id);
  if (replay) evidence.push(replay);
  return replay?.passed === false ? { codes: [REPLAYED_MOVEMENT] } : undefined;
}

async function refusedByFlow(
  { handlers }: SessionParts,
  { row, opened, outcome }: EndedAttempt,
  match: JudgedLive | undefined,
): Promise<Refusal | undefined> {
  const candidate = { ...opened, ...outcome, ...defined({ person: match?.person }) };
  const refusal = await handlerOf(handlers, row).judge?.(candidate);
  return refusal && { codes: [refusal.refuse], final: true };
}

/** In one transaction with the verification that refused, if there was one. */
function createRefuse(parts: RecordingParts) {
  const { inTransaction } = parts;
  const notPassed = createNotPassed(parts);

  return async function refuse(ended: EndedAttempt, refusal: Refusal, match?: JudgedLive): Promise<void> {
    if (!match) return inTransaction((tx) => notPassed(tx, ended, refusal));
    const id = isLast(ended, refusal) ? orderedId(ended, match) : match.verification;
    const otherPerson = match.outcome === 'NOT_RECOGNIZED' && { otherPerson: true as const };
    const outcome = { ...ended.outcome, models: match.models, ...otherPerson };
    await match.record(id, (verification) =>
      inTransaction(async (tx) => {
        await verification.write(tx);
        await notPassed(tx, { ...ended, outcome }, refusal, id);
        await verification.announce(tx);
      }),
    );
  };
}

/** Another attempt, or the end of the session. */
function createNotPassed({ record }: RecordingParts) {
  return async function notPassed(
    tx: Tx,
    ended: EndedAttempt,
    refusal: Refusal,
    verification?: VerificationId,
  ): Promise<void> {
    const { row, opened, kept, actor } = ended;
    const outcome = { ...ended.outcome, reasons: [...new Set([...ended.outcome.reasons, ...refusal.codes])] };
    if (isLast(ended, refusal)) {
      const ending = { actor, outcome, frames: kept, ...defined({ verification }) };
      await record.decided(tx, row, opened, { decision: 'rejected', ...ending });
      return;
    }
    const stored = { ...outcome, notPassed: tryAgainAfter(outcome.reasons as ChallengeReason[]) };
    await record.attemptNotPassed(tx, row, { outcome: stored, kept, unspent: isUnspent(ended) });
  };
}

/** An approval, a duplicate, or the wait for a person who decides. */
function createAccept(parts: RecordingParts) {
  const { inTransaction, uniqueness } = parts;
  const prepare = createPrepareAcceptance(parts);
  const write = createWriteAcceptance(parts);
  const notPassed = createNotPassed(parts);

  /** In the scope of the session `work` runs in the transaction that makes a newcomer a member. */
  const inScope = (
    order: UniquenessRequest | undefined,
    work: (tx: Tx, counted?: Judged) => Promise<void>,
  ) => (order ? uniqueness!.judge(order, work) : inTransaction((tx) => work(tx)));

  return async function accept(ended: EndedAttempt, match: JudgedLive | undefined): Promise<void> {
    const prepared = await prepare(ended, match);
    const { order, verification: id } = prepared;
    let approved = false;
    const transact = (verification?: Writing) =>
      inScope(order, async (tx, counted) => {
        const isThere = (await verification?.write(tx)) ?? true;
        approved = isThere && (await write(tx, ended, prepared, counted));
        if (!isThere) await notPassed(tx, ended, { codes: ['PERSON_ERASED'], final: true });
        await verification?.announce(tx);
      });
    if (!match || !id) return transact();
    await match.record(id, transact);
    if (approved) await match.upgrade(id);
  };
}

type Acceptance = Awaited<ReturnType<ReturnType<typeof createPrepareAcceptance>>>;

/** What is read and sealed before the transaction. */
function createPrepareAcceptance(parts: RecordingParts) {
  const { sealed } = parts;
  return async function prepare(ended: EndedAttempt, match: JudgedLive | undefined) {
    const { row, opened, result, attempt, rules } = ended;
    const { person, models, composite } = match ?? {};
    const owner = { ...row, subject: person?.id ?? null };
    // Counted when a person has decided, and not before.
    const wait = waitOf({ ...rules, undecided: waitsUndecided(ended) });
    const face = opened.uniquenessRule.policy === 'off' ? undefined : waitingFace(parts, result);
    const pictures = wait ? attempt.pictures() : [];
    return {
      wait,
      ...defined({ person, models, composite, verification: match && orderedId(ended, match) }),
      ...(person && { resealed: await sealed.resealed(row, person.id) }),
      kept: person ? await keptOf(parts, ended, person.id) : ended.kept,
      order: face && !wait ? await uniquenessRequestOf(parts, ended, face, person?.id) : undefined,
      waiting: face && wait ? await sealed.seal(owner, 'waiting', face) : null,
      pictures: pictures.length > 0 ? await sealed.seal(owner, 'pictures', pictures) : null,
    };
  };
}

/** Movements under the key of the person, so that erasing the person reaches them. */
async function keptOf(
  { movements }: SessionParts,
  { row, kept }: EndedAttempt,
  person: SubjectId,
): Promise<KeptFrames> {
  const known = await movements.resealed(kept.movements, person);
  return {
    ...kept,
    movements: [...(await movements.resealed(await movements.unowned(row.id), person)), ...known],
  };
}

/** The session's part of the transaction; whether it was approved. Throws where it was decided, or its frames were shown, meanwhile. */
function createWriteAcceptance(parts: RecordingParts) {
  const { record } = parts;
  return async function write(
    tx: Tx,
    ended: EndedAttempt,
    { wait, kept, waiting, pictures, models, composite, ...who }: Omit<Acceptance, 'order'>,
    counted: Judged | undefined,
  ): Promise<boolean> {
    const { row, opened, actor } = ended;
    const shown = await shownMeanwhile(parts, tx, ended);
    if (shown) throw new ShownMeanwhile(shown);
    const ending: Ending = {
      ...defined({ person: who.person, resealed: who.resealed, verification: who.verification }),
      ...defined({ uniqueness: counted }),
      decision: counted?.action === 'duplicate' ? 'duplicate' : 'approved',
      actor,
      frames: kept,
      outcome: { ...withCount(ended.outcome, counted), ...defined({ composite, models }) },
    };
    if (wait || counted?.action === 'wait') {
      await record.leftToReviewer(
        tx,
        row,
        ending,
        wait ? { wait, waiting, pictures } : { wait: 'uniqueness' },
      );
      return false;
    }
    if (!(await record.decided(tx, row, opened, ending))) throw new DecidedMeanwhile();
    return ending.decision === 'approved';
  };
}

/** Another session that was decided meanwhile showed the same: what was written with the approval is undone. */
class ShownMeanwhile extends Error {
  readonly code: typeof REPLAYED_FRAMES | typeof REPLAYED_MOVEMENT;
  constructor(code: ShownMeanwhile['code']) {
    super(code);
    this.code = code;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof ShownMeanwhile || error instanceof Problem ? error.code : 'INTERNAL';

/** A person decides about the last attempt of a session; at a kiosk the clerk stands beside the person. */
const waitsUndecided = (ended: EndedAttempt): boolean =>
  ended.attempt.testOutcome === 'review' || isUndecided(ended);

const isUndecided = (ended: EndedAttempt): boolean =>
  ended.rules.undecided === 'review' &&
  !ended.result.passed &&
  ended.outcome.reasons.join() === UNDECIDED &&
  (sourceOfSession(ended.row) === 'kiosk' || isLast(ended, { codes: [UNDECIDED] }));

/** It showed nothing of its draw: the person has it still. What was shown before is an attempt all the same. */
const isUnspent = ({ result, outcome }: EndedAttempt): boolean =>
  !result.spent && outcome.reasons.join() === result.reasons.join();

const isLast = (ended: EndedAttempt, { codes, final }: Refusal): boolean =>
  final === true ||
  codes.some((code) => FINAL.has(code)) ||
  (ended.row.attempts >= MOST_ATTEMPTS && !isUnspent(ended));

/** The id that the session was given is for the verification that decides. */
const orderedId = ({ row }: EndedAttempt, match: JudgedLive): VerificationId =>
  (row.verification as VerificationId | null) ?? match.verification;

/** How an attempt left its session. */
function leftAs(row: SessionRow): ObservedAttempt {
  const { realm, held, waitsFor, decision } = sessionOf(row);
  return {
    world: realm.world,
    outcome: decision ?? (held ? 'held' : 'another'),
    ...defined({ waitsFor }),
  };
}
