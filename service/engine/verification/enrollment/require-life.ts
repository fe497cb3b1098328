import { defined } from '../../../lib/defined.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { hardFailures, runLiveness } from '../../checks/index.ts';
import { type Attempt, type Claims, type PictureGuard, strictestRules } from '../../lockout/index.ts';
import type { Subjects } from '../../subjects/index.ts';
import { disclosedResults } from '../disclosed-results.ts';
import type { Sight } from '../verification-run.ts';
import type { Enrollment } from './prepare-enrollment.ts';
import type { RefuseEnrollment } from './refuse-enrollment.ts';

export interface RequireLifeDeps {
  subjects: Pick<Subjects, 'find'>;
  claims: Pick<Claims, 'admit'>;
  refuse: RefuseEnrollment;
}

/**
 * The step `requireLife`: refuses what the profile's liveness check would refuse of a verification. With a key, at an address that is
 * enrolled, it counts as a failed attempt at that address.
 */
export function createRequireLife({ subjects, claims, refuse }: RequireLifeDeps) {
  return async function requireLife(
    run: Enrollment,
    { main }: Pick<Sight, 'main'>,
    guard: PictureGuard,
  ): Promise<void> {
    const { command, definition, allowed, plan, realm } = run;
    if (!plan.pad) return;
    const result = runLiveness({ definition, plan, main });
    if (!result || hardFailures(definition.checks, [result]).length === 0) return guard.admitAgain();
    const { check, reason = 'The picture does not seem to show a living person.' } = result;
    const seesFigures = command.actor.is === 'operator';
    const extra = { reason, checkResults: seesFigures ? [result] : disclosedResults([result], false) };
    const message = 'The profile default refuses this: liveness.';
    const also = (tx: Tx) => guard.add(tx, main.pixelHash);
    const refused = (details: Record<string, unknown>, attempt?: Attempt) =>
      guard.inTurn(() =>
        refuse(run, 'CHECK_FAILED', message, { check, ...details }, { extra, also, ...defined({ attempt }) }),
      );
    const existing = await subjects.find(realm, command.email);
    if (!existing || command.actor.is !== 'key') {
      throw await refused(existing ? { subject: existing.id } : {});
    }
    const attempt = await claims.admit(realm, command.email, strictestRules([definition, ...allowed], true));
    try {
      throw await refused({ subject: existing.id }, attempt);
    } finally {
      attempt.end();
    }
  };
}
