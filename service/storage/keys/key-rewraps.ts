import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Opened } from '../connection.ts';
import type { KeySchema, Touched } from './key-store-schema.ts';
import type { KeyWriter } from './key-writer.ts';
import { countOlderKeys } from './person-key-rows.ts';
import { changedMeanwhile, type WrappedOrganizationKey, type WrappedSecret } from './wrapped-key.ts';

interface Note {
  name: string;
  value: string;
}

/** Everything one master key wrapped, wrapped by another. */
export interface MasterRewrap {
  /** Ids. */
  from: string;
  to: string;
  /** Every row of the store: none may be left out. */
  organizations: readonly WrappedOrganizationKey[];
  secrets: readonly WrappedSecret[];
  /** Written with it. */
  notes: readonly Note[];
  /** In the same transaction. */
  alongside?: ((tx: Transaction<KeySchema>) => Promise<void>) | undefined;
}

/** Of a new store. */
export interface IntegrityAdoption {
  secret: WrappedSecret;
  notes: readonly { name: string; make: (revision: number) => string }[];
}

/** What rotations ask of the key store. Each write is one transaction; what it replaced is not readable afterwards. */
export interface KeyRewraps {
  /** Ids of the master keys that wrapped anything: one, or none in a new store. */
  masters(): Promise<string[]>;
  /** Throws CONFLICT, and changes nothing, when a row was added, changed or removed since they were read. */
  rewrapMaster(rewrap: MasterRewrap): Promise<void>;
  replaceNote(note: Note): Promise<void>;
  /** Adds the integrity secret and writes the first notes that it protects: all or nothing. */
  adoptIntegrity(adoption: IntegrityAdoption): Promise<void>;
  /** Throws if no secret has its name, and CONFLICT where its details are no longer `was`. */
  replaceSecret(secret: WrappedSecret, was?: string): Promise<void>;
  /** Throws CONFLICT, and removes nothing, while one of them wraps a person's key. */
  removeGenerationsBefore(organization: OrganizationId, newest: number): Promise<void>;
}

/** A write whose former values are not readable afterwards. */
type Replace = (work: (tx: Transaction<KeySchema>) => Promise<Touched | readonly Touched[]>) => Promise<void>;

export function createKeyRewraps(
  { db }: Pick<Opened<KeySchema>, 'db'>,
  { write }: Pick<KeyWriter, 'write'>,
  clock: Clock,
): KeyRewraps {
  const replace: Replace = (work) =>
    write(async (tx) => ({ touched: await work(tx), result: undefined }), { destroys: true });
  return {
    ...createIntegrityRewraps(replace, clock),
    async masters() {
      return (await mastersOf(db)).map(({ master }) => master);
    },
    rewrapMaster: ({ from, to, organizations, secrets, notes, alongside }) =>
      replace(async (tx) => {
        for (const { organization, generation, wrapped, lookupWrapped } of organizations) {
          const { numUpdatedRows } = await tx
            .updateTable('organization_key')
            .set({ master: to, wrapped, lookup_wrapped: lookupWrapped })
            .where('organization', '=', organization)
            .where('generation', '=', generation)
            .where('master', '=', from)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw changedMeanwhile();
        }
        for (const { name, wrapped, details } of secrets) {
          const { numUpdatedRows } = await tx
            .updateTable('appliance_secret')
            .set({ master: to, wrapped })
            .where('name', '=', name)
            .where('master', '=', from)
            .where('details', '=', details)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw changedMeanwhile();
        }
        await requireMaster(tx, to);
        await alongside?.(tx);
        for (const note of notes) await writeNote(tx, note);
        return touchedBy(organizations, secrets, notes);
      }),
    replaceNote: (note) =>
      replace(async (tx) => {
        await writeNote(tx, note);
        return { table: 'note', keys: [[note.name]] };
      }),
    replaceSecret: ({ name, master, wrapped, details }, was) =>
      replace(async (tx) => {
        await requireMaster(tx, master);
        const { numUpdatedRows } = await tx
          .updateTable('appliance_secret')
          .set({ master, wrapped, details })
          .where('name', '=', name)
          .$if(was !== undefined, (all) => all.where('details', '=', was!))
          .executeTakeFirst();
        if (numUpdatedRows !== 1n && was !== undefined) throw changedMeanwhile();
        if (numUpdatedRows !== 1n) throw new Error(`The key store holds no secret "${name}".`);
        return { table: 'appliance_secret', keys: [[name]] };
      }),
    async removeGenerationsBefore(organization, newest) {
      // Before the transaction, which would hold the event loop for all of them: no key is wrapped by an older generation any more.
      if ((await countOlderKeys(db, organization, newest)) > 0) throw changedMeanwhile();
      await replace(async (tx) => {
        const gone = await tx
          .deleteFrom('organization_key')
          .where('organization', '=', organization)
          .where('generation', '<', newest)
          .returning('generation')
          .execute();
        const keys = gone.map(({ generation }) => [organization, generation]);
        return { table: 'organization_key', keys };
      });
    },
  };
}

/** The secret that protects notes and rows. */
function createIntegrityRewraps(replace: Replace, clock: Clock): Pick<KeyRewraps, 'adoptIntegrity'> {
  return {
    adoptIntegrity: ({ secret, notes }) =>
      replace(async (tx) => {
        await requireMaster(tx, secret.master);
        await tx
          .insertInto('appliance_secret')
          .values({ ...secret, created_at: clock.now() })
          .execute();
        for (const { name, make } of notes) await writeNoteAtRevision(tx, name, make);
        return touchedBy([], [secret], notes);
      }),
  };
}

const touchedBy = (
  organizations: readonly WrappedOrganizationKey[],
  secrets: readonly { name: string }[],
  notes: readonly { name: string }[],
): Touched[] => [
  {
    table: 'organization_key',
    keys: organizations.map(({ organization, generation }) => [organization, generation]),
  },
  { table: 'appliance_secret', keys: secrets.map(({ name }) => [name]) },
  { table: 'note', keys: notes.map(({ name }) => [name]) },
];

export async function writeNote(tx: Transaction<KeySchema>, { name, value }: Note): Promise<void> {
  await tx
    .insertInto('note')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

/** In the transaction of a write, which will add one to the revision. */
export async function writeNoteAtRevision(
  tx: Transaction<KeySchema>,
  name: string,
  make: (revision: number, now: string | undefined) => string,
): Promise<void> {
  const { revision } = await tx.selectFrom('store_state').select('revision').executeTakeFirstOrThrow();
  const now = await tx.selectFrom('note').select('value').where('name', '=', name).executeTakeFirst();
  await writeNote(tx, { name, value: make(revision + 1, now?.value) });
}

const mastersOf = (db: Kysely<KeySchema>) =>
  db
    .selectFrom('organization_key')
    .select('master')
    .union(db.selectFrom('appliance_secret').select('master'))
    .execute();

/**
 * Throws CONFLICT when the store holds what another master key wrapped: this one was replaced since `wrapped` was made, and
 * the row would never open again.
 */
export async function requireMaster(tx: Transaction<KeySchema>, master: string): Promise<void> {
  if ((await mastersOf(tx)).some((row) => row.master !== master)) throw changedMeanwhile();
}
