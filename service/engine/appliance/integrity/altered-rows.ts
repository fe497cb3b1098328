import { createHash } from 'node:crypto';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type Integrity, ROWS_NOTES, rowsMac } from '../../../storage/keys/integrity.ts';
import type { KeyStore } from '../../../storage/keys/key-store.ts';
import {
  type ProtectedName,
  protectAsItIs,
  protectedNames,
  type RowContent,
  readContent,
  specOf,
  unprotectedRows,
} from '../../../storage/keys/protected-tables.ts';
import { damagedOf, jsonTables, writeLost } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Actor, type Foundation, hasLine } from '../../audit/index.ts';
import {
  findIntegrityFaults,
  fits,
  type IntegrityCheckName,
  type IntegrityChecksDeps,
  type IntegrityFault,
} from './checks.ts';

/** Rows that an operator may accept as they are. A receipt, a key or a sign-in never: those are made again. */
const protectedOnes = [
  'organization',
  'profile',
  'destination_grant',
  'webhook_endpoint',
] as const satisfies readonly ProtectedName[];
const isProtected = (table: string) => protectedOnes.find((one) => one === table);
const jsonOf = (table: string) => jsonTables.find((one) => one === table);

/** Their columns of JSON that the MAC covers. */
const jsonUnderMac: Readonly<Record<(typeof protectedOnes)[number], readonly string[]>> = {
  organization: [
    ...[
      'attestation',
      'allowed_profiles',
      'redirect_targets',
      'logo',
      'behavior',
      'consent_text',
      'former_names',
    ],
    'retention',
  ],
  profile: ['definition'],
  destination_grant: [],
  webhook_endpoint: ['events'],
};

/** With those whose damaged JSON an operator may give up. */
export const acceptable = [...new Set([...protectedOnes, ...jsonTables])];
export type Acceptable = (typeof acceptable)[number];

export interface RecordIntegrity {
  /** Everything that is signed or carries a MAC, and the files, looked at now: all checks unless `names` says which. Gives way to other work. */
  check(names?: readonly IntegrityCheckName[]): Promise<IntegrityFault[]>;
  /** Looks at the rows with a MAC that stay, and the deliveries that wait, for `found`; called by the running service. */
  maintain(): Promise<void>;
  /** Looks at the files of the database for `found`, in threads; called by the running service once a day. */
  checkFiles(signal: AbortSignal): Promise<void>;
  /** What the last looks found; of one organization with what belongs to none. */
  found(organization?: OrganizationId): readonly IntegrityFault[];
  /** What a row of an acceptable table holds now: what its MAC covers, and the SHA-256 of its damaged JSON. Throws NOT_FOUND. */
  contentOf(table: Acceptable, id: string): Promise<RowContent>;
  /**
   * Gives the row of an acceptable table a MAC as it is, and gives its damaged JSON up, audited. `seen`: the digest of what was looked at. Throws
   * NOT_FOUND, and CONFLICT where it was changed since, or what its MAC covers cannot be read.
   */
  accept(row: { table: Acceptable; id: string; seen: string }, actor: Actor): Promise<void>;
}

/** Throws CONFLICT. */
function requireReadable(table: (typeof protectedOnes)[number], columns: RowContent['columns']): void {
  const damaged = jsonUnderMac[table].filter((column) => {
    const text = columns[column];
    return typeof text === 'string' && parseJson(text) === undefined;
  });
  if (damaged.length === 0) return;
  throw new Problem(
    'CONFLICT',
    `The row is not accepted: its ${damaged.join(' and ')} cannot be read. Restore a backup from before.`,
  );
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface RecordIntegrityDeps
  extends IntegrityChecksDeps,
    Pick<Foundation, 'inTransaction' | 'audit' | 'log'> {
  /** What is in memory of the row is read again. */
  changed(table: Acceptable, id: string): Promise<void>;
}

export function createRecordIntegrity(deps: RecordIntegrityDeps): RecordIntegrity {
  const { inTransaction, integrity, audit, log } = deps;
  let last: readonly IntegrityFault[] = [];
  let ofFiles: readonly IntegrityFault[] = [];

  async function maintain(): Promise<void> {
    const faults = await findIntegrityFaults({ ...deps, standing: true }, ['rows', 'json']);
    const known = new Set(last.map(({ table, id }) => `${table}/${id}`));
    const fresh = faults.filter(({ table, id }) => !known.has(`${table}/${id}`));
    for (const { table, id } of fresh)
      log.error({ table, row: id }, 'a row of the record was written or changed by another program');
    last = faults;
  }

  async function contentOf(table: Acceptable, id: string, from: Db | Tx = deps.db): Promise<RowContent> {
    const [name, json] = [isProtected(table), jsonOf(table)];
    const content = name && (await readContent(from, integrity, name, id));
    const damaged = json && (await damagedOf(from, json, id, fits));
    if (!content && !damaged) throw new Problem('NOT_FOUND', `${table} has no row with the key ${id}.`);
    const texts = Object.entries(damaged ?? {}).map(([column, text]) => [column, sha256(text)]);
    return {
      columns: { ...content?.columns, ...Object.fromEntries(texts) },
      digest:
        texts.length === 0 && content
          ? content.digest
          : sha256(JSON.stringify([table, id, content?.digest, texts])).slice(0, 32),
      sound: (content?.sound ?? true) && texts.length === 0,
    };
  }

  return {
    async check(names) {
      const faults = await findIntegrityFaults(deps, names);
      if (!names) ofFiles = faults.filter(({ check }) => check === 'file');
      return faults;
    },
    maintain,
    async checkFiles(signal) {
      ofFiles = await findIntegrityFaults({ ...deps, signal }, ['file']);
      for (const { table, says } of ofFiles) log.error({ file: table }, says);
    },
    found: (organization) =>
      [...ofFiles, ...last].filter(
        (one) =>
          organization === undefined || one.organization === undefined || one.organization === organization,
      ),
    contentOf,
    async accept({ table, id, seen }, actor) {
      await inTransaction(async (tx) => {
        const { digest, columns } = await contentOf(table, id, tx);
        if (digest !== seen)
          throw new Problem(
            'CONFLICT',
            `The row ${id} of ${table} is not as you saw it: it was changed since. Look at it again.`,
          );
        const [name, json] = [isProtected(table), jsonOf(table)];
        if (name) requireReadable(name, columns);
        const lost = Object.keys((json && (await damagedOf(tx, json, id, fits))) ?? {});
        if (name) await protectAsItIs(tx, integrity, name, id);
        if (json) await writeLost(tx, json, id, lost);
        const details = { table, seen, ...(lost.length > 0 && { lost }) };
        await audit.add(tx, { actor, action: 'rows.accept', target: id, details });
      });
      await deps.changed(table, id);
      await maintain();
    },
  };
}

export interface AdoptRowsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'log'> {
  integrity: Integrity;
  keys: Pick<KeyStore, 'note' | 'state' | 'setNote'>;
}

/** Rows of one transaction. */
const PAGE = 500;

/**
 * Gives rows of an earlier release their MAC, once for each table: at the first start of a release that has MACs on it. What another
 * program wrote until then is taken over with them. The permission is that neither the key store notes nor the audit log says that it was done
 * already.
 */
export async function adoptRows(deps: AdoptRowsDeps, actor: Actor): Promise<number> {
  return (await adoptThese(1, deps, actor)) + (await adoptThese(2, deps, actor));
}

async function adoptThese(which: 1 | 2, deps: AdoptRowsDeps, actor: Actor): Promise<number> {
  const { db, inTransaction, integrity, keys, audit, log } = deps;
  const note = ROWS_NOTES[which];
  const line = { action: 'rows.protect', target: note } as const;
  if (await keys.note(note)) return 0;
  if (await hasLine(db, line)) {
    log.error(
      { note },
      'the note of the key store that rows are protected was deleted: rows without a MAC stay unused',
    );
    return 0;
  }
  const adopted: Record<string, number> = {};
  for (const name of protectedNames.filter((one) => specOf(one).adopted === which)) {
    let rows = 0;
    for (let found = PAGE; found === PAGE; rows += found)
      found = await inTransaction(async (tx) => {
        const ids = await unprotectedRows(tx, name, PAGE);
        for (const id of ids) await protectAsItIs(tx, integrity, name, id);
        return ids.length;
      });
    if (rows > 0) adopted[name] = rows;
  }
  const all = Object.values(adopted).reduce((sum, rows) => sum + rows, 0);
  if (all > 0) await inTransaction((tx) => audit.add(tx, { ...line, actor, details: adopted }));
  const { identity } = await keys.state();
  await keys.setNote(note, rowsMac(integrity, identity, which));
  return all;
}
