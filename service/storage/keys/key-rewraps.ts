import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Opened } from '../connection.ts';
import type { DialectName } from '../migration.ts';
import type { KeySchema } from './key-store-schema.ts';
import type { KeyWriter } from './key-writer.ts';
import type { WrappedOrganizationKey, WrappedPersonKey, WrappedSecret } from './wrapped-key.ts';

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
}

/** A store from before it had the secret, and a new one. */
export interface IntegrityAdoption {
  secret: WrappedSecret;
  /** Rewrapped by the same master key. */
  organizations: readonly WrappedOrganizationKey[];
  notes: readonly { name: string; make: (revision: number) => string }[];
}

/** A store as it was before it had the integrity secret. */
export interface IntegrityLeaving {
  /** Of the secret. */
  secret: string;
  /** Rewrapped by the same master key. */
  organizations: readonly WrappedOrganizationKey[];
  /** An undefined value removes the note. */
  notes: readonly { name: string; value: string | undefined }[];
}

/** What rotations ask of the key store. Each write is one transaction; what it replaced is not readable afterwards. */
export interface KeyRewraps {
  /** Ids of the master keys that wrapped anything: one, or none in a new store. */
  masters(): Promise<string[]>;
  /** Throws CONFLICT, and changes nothing, when a row was added, changed or removed since they were read. */
  rewrapMaster(rewrap: MasterRewrap): Promise<void>;
  replaceNote(note: Note): Promise<void>;
  /**
   * Adds the integrity secret, binds the organizations' keys to it and writes the first notes that it protects: all or nothing.
   * Throws CONFLICT when a row was changed since it was read.
   */
  adoptIntegrity(adoption: IntegrityAdoption): Promise<void>;
  /** The way back of `adoptIntegrity`, all or nothing. Throws CONFLICT when a row was changed since it was read. */
  leaveIntegrity(leaving: IntegrityLeaving): Promise<void>;
  /** Throws when there is none of its name. */
  replaceSecret(secret: WrappedSecret): Promise<void>;
  /** People of the organization whose key is wrapped by a generation before `newest`. */
  countOlderPersons(organization: OrganizationId, newest: number): Promise<number>;
  /** The next of them after `after`, in the order of their ids, at most `limit`. */
  olderPersons(
    organization: OrganizationId,
    newest: number,
    page: { after: string; limit: number },
  ): Promise<WrappedPersonKey[]>;
  /** Whoever was destroyed since stays destroyed. */
  rewrapPersons(keys: readonly WrappedPersonKey[]): Promise<void>;
  /** Throws CONFLICT, and removes nothing, while one of them wraps a person's key. */
  removeGenerationsBefore(organization: OrganizationId, newest: number): Promise<void>;
}

export function createKeyRewraps(
  { db, dialect }: Pick<Opened<KeySchema>, 'db' | 'dialect'>,
  { write }: Pick<KeyWriter, 'write'>,
  clock: Clock,
): KeyRewraps {
  return {
    async masters() {
      return (await mastersOf(db)).map(({ master }) => master);
    },
    rewrapMaster: ({ from, to, organizations, secrets, notes }) =>
      write(
        async (tx) => {
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
          for (const note of notes) await writeNote(tx, note);
          return {
            touched: [
              {
                table: 'organization_key',
                keys: organizations.map(({ organization, generation }) => [organization, generation]),
              },
              { table: 'appliance_secret', keys: secrets.map((secret) => [secret.name]) },
              { table: 'note', keys: notes.map(({ name }) => [name]) },
            ],
            result: undefined,
          };
        },
        { destroys: true },
      ),
    replaceNote: (note) =>
      write(
        async (tx) => {
          await writeNote(tx, note);
          return { touched: { table: 'note', keys: [[note.name]] }, result: undefined };
        },
        { destroys: true },
      ),
    adoptIntegrity: ({ secret, organizations, notes }) =>
      write(
        async (tx) => {
          await requireMaster(tx, secret.master);
          await tx
            .insertInto('appliance_secret')
            .values({ ...secret, created_at: clock.now() })
            .execute();
          await rewrapOrganizations(tx, organizations);
          for (const { name, make } of notes) await writeNoteAtRevision(tx, name, make);
          return {
            touched: [
              { table: 'appliance_secret', keys: [[secret.name]] },
              {
                table: 'organization_key',
                keys: organizations.map(({ organization, generation }) => [organization, generation]),
              },
              { table: 'note', keys: notes.map(({ name }) => [name]) },
            ],
            result: undefined,
          };
        },
        { destroys: true },
      ),
    leaveIntegrity: ({ secret, organizations, notes }) =>
      write(
        async (tx) => {
          const gone = await tx.deleteFrom('appliance_secret').where('name', '=', secret).executeTakeFirst();
          if (gone.numDeletedRows !== 1n) throw changedMeanwhile();
          await rewrapOrganizations(tx, organizations);
          for (const { name, value } of notes) {
            if (value === undefined) await tx.deleteFrom('note').where('name', '=', name).execute();
            else await writeNote(tx, { name, value });
          }
          return {
            touched: [
              { table: 'appliance_secret', keys: [[secret]] },
              {
                table: 'organization_key',
                keys: organizations.map(({ organization, generation }) => [organization, generation]),
              },
              { table: 'note', keys: notes.map(({ name }) => [name]) },
            ],
            result: undefined,
          };
        },
        { destroys: true },
      ),
    replaceSecret: ({ name, master, wrapped, details }) =>
      write(
        async (tx) => {
          await requireMaster(tx, master);
          const { numUpdatedRows } = await tx
            .updateTable('appliance_secret')
            .set({ master, wrapped, details })
            .where('name', '=', name)
            .executeTakeFirst();
          if (numUpdatedRows !== 1n) throw new Error(`The key store holds no secret "${name}".`);
          return { touched: { table: 'appliance_secret', keys: [[name]] }, result: undefined };
        },
        { destroys: true },
      ),
    async countOlderPersons(organization, newest) {
      const { count } = await db
        .selectFrom('person_key')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('organization', '=', organization)
        .where('generation', '<', newest)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async olderPersons(organization, newest, { after, limit }) {
      const rows = await db
        .selectFrom('person_key')
        .select(['subject', 'organization', 'generation', 'wrapped'])
        .where('subject', '>', after)
        .where('organization', '=', organization)
        .where('generation', '<', newest)
        .orderBy('subject')
        .limit(limit)
        .execute();
      return rows as WrappedPersonKey[];
    },
    rewrapPersons: (rewrapped) =>
      write(async (tx) => {
        const changed = await updatePersons(tx, dialect, rewrapped);
        const keys = changed.map(({ subject }) => [subject]);
        return { touched: { table: 'person_key', keys }, result: undefined };
      }),
    removeGenerationsBefore: (organization, newest) =>
      write(
        async (tx) => {
          const used = await tx
            .selectFrom('person_key')
            .select('subject')
            .where('organization', '=', organization)
            .where('generation', '<', newest)
            .limit(1)
            .executeTakeFirst();
          if (used) throw changedMeanwhile();
          const gone = await tx
            .deleteFrom('organization_key')
            .where('organization', '=', organization)
            .where('generation', '<', newest)
            .returning('generation')
            .execute();
          const keys = gone.map(({ generation }) => [organization, generation]);
          return { touched: { table: 'organization_key', keys }, result: undefined };
        },
        { destroys: true },
      ),
  };
}

/** One statement: on SQLite nobody else has a turn during a transaction, and one for each row takes several times as long. */
async function updatePersons(
  tx: Transaction<KeySchema>,
  dialect: DialectName,
  rewrapped: readonly WrappedPersonKey[],
): Promise<{ subject: string }[]> {
  const list = JSON.stringify(
    rewrapped.map(({ subject, generation, wrapped }) => [
      subject,
      generation,
      Buffer.from(wrapped).toString('hex'),
    ]),
  );
  const [rows, bytes] =
    dialect === 'sqlite'
      ? [sql`json_each(${list}) as given`, sql`unhex(given.value ->> 2)`]
      : [sql`json_array_elements(${list}::json) as given(value)`, sql`decode(given.value ->> 2, 'hex')`];
  const updated = await sql<{ subject: string }>`
    update person_key set generation = cast(given.value ->> 1 as integer), wrapped = ${bytes}
    from ${rows} where person_key.subject = given.value ->> 0
    returning person_key.subject as subject`.execute(tx);
  return updated.rows;
}

async function rewrapOrganizations(
  tx: Transaction<KeySchema>,
  organizations: readonly WrappedOrganizationKey[],
): Promise<void> {
  for (const { organization, generation, wrapped } of organizations) {
    const { numUpdatedRows } = await tx
      .updateTable('organization_key')
      .set({ wrapped })
      .where('organization', '=', organization)
      .where('generation', '=', generation)
      .executeTakeFirst();
    if (numUpdatedRows !== 1n) throw changedMeanwhile();
  }
}

async function writeNote(tx: Transaction<KeySchema>, { name, value }: Note): Promise<void> {
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
  make: (revision: number) => string,
): Promise<void> {
  const { revision } = await tx.selectFrom('store_state').select('revision').executeTakeFirstOrThrow();
  await writeNote(tx, { name, value: make(revision + 1) });
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

const changedMeanwhile = () =>
  new Problem(
    'CONFLICT',
    'The key store was changed by something else meanwhile. Nothing was changed: try again.',
  );
