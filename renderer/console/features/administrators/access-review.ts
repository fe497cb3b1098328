import { csvLine } from '../../../../sdk/admin/bulk-import/csv.ts';
import type { Schemas } from '../../data.ts';

/** The access review as CSV (RFC 4180): who, which role, last use, factors. Fixed English names, for programs. */
export function toAccessReview(administrators: readonly Schemas['Administrator'][]): string {
  const head = [
    ...['id', 'name', 'email', 'role', 'appliance_owner', 'state', 'last_sign_in', 'created', 'disabled'],
    ...['passkeys', 'recovery_codes', 'factor_due'],
  ];
  const rows = administrators.map((one) => [
    one.id,
    one.name,
    one.email,
    one.role,
    String(one.applianceOwner),
    one.altered ? 'altered' : one.disabledAt === undefined ? 'enabled' : 'disabled',
    one.lastSignInAt ?? 'never',
    one.createdAt,
    one.disabledAt ?? '',
    one.passkeys,
    one.recoveryCodes,
    one.factorDueAt ?? '',
  ]);
  return [head, ...rows].map((row) => `${csvLine(row)}\r\n`).join('');
}
