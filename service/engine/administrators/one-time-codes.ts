import type { AdministratorId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { type CodePurpose, deleteOneTimeCode, putOneTimeCode, selectOneTimeCode } from './code-store.ts';
import { lasts } from './lasting.ts';
import type { Parts } from './parts.ts';
import { makeCode, readCode } from './secret-text.ts';

const LIFE = 24 * 3_600_000;
/** 80 bits. */
const GROUPS = [4, 4, 4, 4];

/**
 * Codes that an owner or the operator hands to a person, for one use of each purpose within a day. What is stored is a MAC under a key
 * that the database does not hold: no code can be found from it, and none made by writing a row.
 */
export interface OneTimeCodes {
  /** One code for all purposes; it takes the place of earlier ones. */
  make(tx: Tx, administrator: AdministratorId, purposes: readonly CodePurpose[]): Promise<string>;
  holds(db: Db, administrator: AdministratorId, purpose: CodePurpose, typed: string): Promise<boolean>;
  /** As `holds`, once. */
  use(tx: Tx, administrator: AdministratorId, purpose: CodePurpose, typed: string): Promise<boolean>;
}

export function createOneTimeCodes({
  integrity,
  clock,
  random,
}: Pick<Parts, 'integrity' | 'clock' | 'random'>): OneTimeCodes {
  const fieldsOf = (
    row: { administrator: AdministratorId; purpose: CodePurpose; createdAt: number; expiresAt: number },
    code: string,
  ) => [row.administrator, row.purpose, row.createdAt, row.expiresAt, readCode(code)];

  async function holds(db: Db, administrator: AdministratorId, purpose: CodePurpose, typed: string) {
    const row = await selectOneTimeCode(db, administrator, purpose);
    if (!row || !lasts(row.createdAt, row.expiresAt, clock.now())) return false;
    return integrity.verify('one-time-code', fieldsOf(row, typed), row.mac);
  }

  return {
    holds,
    async make(tx, administrator, purposes) {
      const code = makeCode(GROUPS, random);
      const createdAt = clock.now();
      for (const purpose of purposes) {
        const row = { administrator, purpose, createdAt, expiresAt: createdAt + LIFE };
        await putOneTimeCode(tx, { ...row, mac: integrity.mac('one-time-code', fieldsOf(row, code)) });
      }
      return code;
    },
    async use(tx, administrator, purpose, typed) {
      if (!(await holds(tx, administrator, purpose, typed))) return false;
      await deleteOneTimeCode(tx, administrator, purpose);
      return true;
    },
  };
}
