import type { OrganizationId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';

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
}

/** Written in the same transaction as the change it tells of. */
export interface Audit {
  add(tx: Tx, line: AuditLine): Promise<void>;
}
