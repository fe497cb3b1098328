import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor } from '../../audit/index.ts';
import type { Realm } from '../../people/index.ts';
import type { Judged } from '../../uniqueness/index.ts';
import { verificationOf } from './due.ts';
import { withCount } from './ended-attempt.ts';
import { isWaiting, uniquenessRequestOf } from './pending-review.ts';
import { DecidedMeanwhile, type Ending, handlerOf, type RecordingParts } from './record-session.ts';
import type { WholeSession } from './session.ts';
import { outcomeOf, type SessionRow, type SessionVote, sessionOf } from './session-store.ts';
import type { Sessions } from './sessions.ts';

interface Decision {
  approve: boolean;
  actor: Actor;
  request?: string;
}

/** A person decides about sessions that were passed without motion of the head or before a suspect camera, or whose evidence did not suffice. `Sessions.review`. */
export function createReviewSession(
  parts: RecordingParts,
  own: (realm: Realm, id: string) => Promise<SessionRow>,
): Sessions['review'] {
  const { store, sealed, turns, organizations, record } = parts;
  const approve = createApproval(parts);

  return async function review(realm, id, made) {
    const { id: session } = await own(realm, id);
    return turns(session, async () => {
      const row = requireWaiting(await own(realm, id));
      const { twoPersonReview } = await organizations.get(realm.organization);
      if (twoPersonReview && !(await isAgreed(parts, row, made))) return sessionOf(row);
      const opened = await sealed.whole(row);
      const refusal = await refusalOf(parts, row, opened, made);
      if (refusal === undefined) await approve(row, opened, made);
      else {
        const { actor, request } = made;
        const before = outcomeOf(row);
        const reasons = [...before.reasons, refusal];
        const outcome = { ...before, reasons };
        const ending: Ending = { decision: 'rejected', actor, outcome, ...verificationOf(row, true) };
        await parts.inTransaction((tx) =>
          record.decided(tx, row, opened, { ...ending, ...defined({ request }) }),
        );
      }
      return sessionOf((await store.byId(session)) ?? row);
    });
  };
}

/** Why the session is rejected; undefined where it is approved. The person is looked at again: a session may wait for three days. */
async function refusalOf(
  parts: RecordingParts,
  row: SessionRow,
  opened: WholeSession,
  { approve }: Pick<Decision, 'approve'>,
): Promise<string | undefined> {
  if (opened.orderLost) return 'PERSON_ERASED';
  if (!approve) return 'REVIEW_REFUSED';
  const { subjects, handlers } = parts;
  const person = row.subject as SubjectId | null;
  await subjects.catchUp();
  const refused = refusedMeanwhile(parts, row);
  if (refused) return refused;
  const isNamed = row.matching === 'email' && opened.email !== undefined;
  if (person !== null && isNamed && (await subjects.find(opened.realm, opened.email!))?.id !== person)
    return 'NOT_RECOGNIZED';
  const candidate = { ...opened, ...outcomeOf(row), ...(person !== null && { person: { id: person } }) };
  return (await handlerOf(handlers, row).judge?.(candidate))?.refuse;
}

/** Since they were recognized, the person was disabled, or withdrew. By what is in memory. */
export function refusedMeanwhile({ refusedNow }: Pick<RecordingParts, 'refusedNow'>, row: SessionRow) {
  if (row.subject === null) return undefined;
  return refusedNow(row.subject as SubjectId, row.matching === 'email' ? 'verification' : 'identification');
}

function requireWaiting(row: SessionRow): SessionRow {
  if (row.decision === null && row.held_until !== null && outcomeOf(row).waits !== undefined) return row;
  throw new Problem(
    'CONFLICT',
    row.decision === null
      ? 'This session does not wait for this decision.'
      : 'This session has its decision already.',
  );
}

/** Notes the vote; whether another administrator has the same one. The operator of the box could give any name, and does not count. */
async function isAgreed(
  { inTransaction, record, clock }: RecordingParts,
  row: SessionRow,
  { approve, actor, request }: Decision,
): Promise<boolean> {
  if (actor.is !== 'administrator')
    throw new Problem(
      'CONFLICT',
      'In this organization two administrators have to agree on a review: decide it in the console.',
    );
  const by = describeActor(actor);
  const others = (outcomeOf(row).votes ?? []).filter((vote) => vote.by !== by);
  const votes: SessionVote[] = [...others, { by, approve, at: clock.now() }];
  await inTransaction((tx) => record.voted(tx, row, { votes, approve, actor, ...defined({ request }) }));
  return others.some((vote) => vote.approve === approve);
}

/** The approval, or what the uniqueness scope of the session makes of the person: counted only now. */
function createApproval(parts: RecordingParts) {
  const { sealed, inTransaction, record, uniqueness } = parts;

  return async function approve(
    row: SessionRow,
    opened: WholeSession,
    { actor, request }: Decision,
  ): Promise<void> {
    const before = outcomeOf(row);
    const outcome = { ...before, reasons: before.reasons.filter((reason) => !isWaiting(reason)) };
    const person = row.subject === null ? undefined : { id: row.subject as SubjectId };
    const ending = { actor, outcome, ...verificationOf(row, true), ...defined({ person, request }) };
    const write = async (tx: Tx, counted?: Judged): Promise<void> => {
      const made: Ending = {
        ...ending,
        ...defined({ uniqueness: counted }),
        outcome: withCount(outcome, counted),
        decision: counted?.action === 'duplicate' ? 'duplicate' : 'approved',
      };
      if (counted?.action === 'wait') return record.leftToReviewer(tx, row, made, { wait: 'uniqueness' });
      if (!(await record.decided(tx, row, opened, made))) throw new DecidedMeanwhile();
    };
    try {
      if (opened.uniquenessRule.policy === 'off') return await inTransaction((tx) => write(tx));
      const face = await sealed.open(row, 'waiting');
      if (!face || !uniqueness) throw new Error(`The session ${row.id} has no face to count.`);
      const order = await uniquenessRequestOf(parts, { row, opened, actor }, face, person?.id);
      await uniqueness.judge(order, write);
    } catch (error) {
      if (error instanceof DecidedMeanwhile)
        throw new Problem('CONFLICT', 'This session has its decision already.');
      throw error;
    }
  };
}
