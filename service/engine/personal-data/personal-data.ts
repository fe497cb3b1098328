import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';

export interface Realm {
  organization: OrganizationId;
  world: World;
}

export interface Person extends Realm {
  subject: SubjectId;
}

/** What becomes of a table's rows when a person is erased, and where they stand in the person's record. */
export interface TableUse {
  /** Columns that hold something under a person's key, or name a person by id. */
  columns: readonly string[];
  /** The section of the subject record that has its rows, or why none has. */
  record: { in: string } | { leftOut: string };
  /** Why the id of an erased person stays. Absent: after an erasure no row holds the id. */
  keepsId?: string;
}

/** How a value is looked for in files: under which kind, in which forms. */
export interface Searched {
  kind: 'picture mark' | 'template' | 'probe';
  /** Vectors as bytes of 32-bit floats, a mark as its text. What cannot be read gives none. */
  forms(plain: Uint8Array): Uint8Array[];
}

/** A value as it lies in the database, and the place where it opens. */
export interface SealedValue {
  place: {
    organization: OrganizationId;
    subject: SubjectId;
    field: string;
    version: number;
    world?: World | undefined;
  };
  sealed: Uint8Array;
  /** Absent: the proof tries to open it, and looks for it nowhere. */
  searched?: Searched;
}

/**
 * Where a feature keeps anything about a person, and what erasing the person does there. Each such feature exports one, compose
 * lists them, and erasure and its proof go through that list.
 */
export interface PersonalData {
  /** The tables of the feature with anything about a person. */
  tables: Readonly<Record<string, TableUse>>;
  /**
   * Removes what is held about these people, in the transaction that removes it everywhere; their keys are destroyed by then. At
   * most some hundred people; `now` in milliseconds since 1970. It may be called again.
   */
  forget?(tx: Tx, subjects: readonly SubjectId[], now: number): Promise<void>;
  /** Removes what is held about an address by its keyed hash, in the transaction of the intent: the hash is not known later. */
  forgetAddress?(tx: Tx, realm: Realm, emailHash: string): Promise<void>;
  /** What is sealed under the person's key now; the proof tries to open it after the erasure. */
  sealedValues?(person: Person): Promise<SealedValue[]>;
}

/** Tables whose rows go on naming an erased person, on purpose. */
export const tablesThatKeepIds = (list: readonly PersonalData[]): ReadonlySet<string> =>
  new Set(
    list.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([table, { keepsId }]) => (keepsId === undefined ? [] : [table])),
    ),
  );
