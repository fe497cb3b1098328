import { defined } from '../../../lib/defined.ts';
import { Problem, type ProblemCode, type ProblemExtra } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Audit, describeActor } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import type { Attempt } from '../../lockout/index.ts';
import type { Enrollment } from './prepare-enrollment.ts';

export interface RefuseEnrollmentDeps {
  audit: Audit;
  events: Events;
  inTransaction: InTransaction;
}

/** What is written in the same transaction, and returned beside the message. */
interface Beside {
  attempt?: Attempt;
  extra?: ProblemExtra;
  also?: (tx: Tx) => Promise<void>;
}

export type RefuseEnrollment = ReturnType<typeof createRefuseEnrollment>;

/** Writes a refused enrollment, its audit line and its event; the Problem is the caller's to throw. */
export function createRefuseEnrollment({ audit, events, inTransaction }: RefuseEnrollmentDeps) {
  return async function refuseEnrollment(
    { command, realm }: Enrollment,
    code: ProblemCode,
    message: string,
    details: Record<string, unknown>,
    { attempt, extra = {}, also }: Beside = {},
  ): Promise<Problem> {
    const { actor, request } = command;
    const write = async (tx: Tx) => {
      await attempt?.settle(tx, 'against', { actor, target: String(details.subject) });
      await also?.(tx);
      await audit.add(tx, {
        actor,
        action: 'subject.enroll',
        organization: realm.organization,
        outcome: 'refused',
        ...(typeof details.subject === 'string' ? { target: details.subject } : {}),
        ...defined({ request }),
        details: { code, world: realm.world, ...details },
      });
      await events.add(tx, {
        type: 'enrollment.refused',
        ...realm,
        payload: { code, actor: describeActor(actor), ...details },
      });
    };
    await (attempt ? attempt.inTurn(() => inTransaction(write)) : inTransaction(write));
    return new Problem(code, message, extra);
  };
}
