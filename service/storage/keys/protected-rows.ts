import type { Log } from '../../lib/log.ts';
import type { Integrity, Protected } from './integrity.ts';

export interface RowProtection {
  integrity: Pick<Integrity, 'mac' | 'verify'>;
  log: Log;
}

/**
 * Rows with an HMAC over what lies plain in them; what is sealed is bound to its row by itself. One that was made or changed by other
 * means than `sign` is none: it is logged and left out. The order of `columns` counts.
 */
export function protectRows<Row extends { id: string; mac: string | null }>(
  of: Protected,
  columns: readonly (keyof Row & string)[],
  { integrity, log }: RowProtection,
) {
  const fieldsOf = (row: Partial<Row>) => columns.map((column) => fieldOf(row[column]));
  const isOwn = (row: Row): boolean => {
    if (row.mac !== null && integrity.verify(of, fieldsOf(row), row.mac)) return true;
    log.error({ row: row.id }, `a row (${of}) was changed outside of Gatehouse: it is left out`);
    return false;
  };
  return {
    isOwn,
    one: (row: Row | undefined): Row | undefined => (row && isOwn(row) ? row : undefined),
    sign: (row: Partial<Row>): string => integrity.mac(of, fieldsOf(row)),
  };
}

const fieldOf = (value: unknown): string | number | null =>
  value === undefined || value === null
    ? null
    : Number.isSafeInteger(value)
      ? (value as number)
      : String(value);
