import type { Schemas } from '../../data.ts';

/** In quotes where needed; what a spreadsheet would run as a formula becomes text. */
function cell(value: string | number | boolean): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

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
    one.applianceOwner,
    one.altered ? 'altered' : one.disabledAt === undefined ? 'enabled' : 'disabled',
    one.lastSignInAt ?? 'never',
    one.createdAt,
    one.disabledAt ?? '',
    one.passkeys,
    one.recoveryCodes,
    one.factorDueAt ?? '',
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
