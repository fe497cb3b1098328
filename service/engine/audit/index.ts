import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import { insertAuditLine, type SealPersonal, sealPersonal } from './audit-store.ts';

/** Who does something: an API key, or a person at the box (control socket, CLI). */
export type Actor = { is: 'key'; key: string } | { is: 'operator'; name: string };

export interface AuditLine {
  actor: Actor;
  /** `<thing>.<verb>`: "organization.create", "subject.enroll", "models.enable". */
  action: string;
  organization?: OrganizationId;
  target?: string;
  outcome?: 'done' | 'refused';
  request?: string;
  /** Nothing personal: ids, counts, settings. */
  details?: Record<string, unknown>;
  /** What is personal, such as a reason in somebody's own words: sealed under that person's key. Needs `organization`. */
  personal?: { subject: SubjectId; values: Record<string, unknown> };
}

/** Written in the same transaction as the change it tells of. */
export interface Audit {
  add(tx: Tx, line: AuditLine): Promise<void>;
}

export interface AuditDeps {
  ids: Ids;
  clock: Clock;
  sealer: SealPersonal;
}

export function createAudit({ ids, clock, sealer }: AuditDeps): Audit {
  return {
    async add(
      tx,
      { actor, action, organization, target, outcome = 'done', request, details = {}, personal },
    ) {
      const id = ids.next('audit');
      if (personal && organization === undefined) {
        throw new Error(`The audit line ${action} has personal details but names no organization.`);
      }
      await insertAuditLine(tx, {
        id,
        organization: organization ?? null,
        actor: describeActor(actor),
        action,
        target: target ?? null,
        outcome,
        request: request ?? null,
        details: JSON.stringify(details),
        at: clock.now(),
        ...(personal && {
          subject: personal.subject,
          personal_sealed: await sealPersonal(
            sealer,
            { id, organization: organization!, subject: personal.subject },
            personal.values,
          ),
        }),
      });
    },
  };
}

/** As it is stored: `key:key_…` or `operator:<name>`. */
export function describeActor(actor: Actor): string {
  switch (actor.is) {
    case 'key':
      return `key:${actor.key}`;
    case 'operator':
      return `operator:${actor.name}`;
    default:
      return actor satisfies never;
  }
}
