import type { Migration } from '../migration.ts';

/** Wrapped keys as they lie in the key store; nothing in it opens anything without the master key. */
export interface KeySchema {
  organization_key: {
    organization: string;
    /** Rises with every rotation; the newest wraps new keys. */
    generation: number;
    /** Id of the master key that wrapped both. */
    master: string;
    wrapped: Uint8Array;
    lookup_wrapped: Uint8Array;
    created_at: number;
  };
  person_key: {
    subject: string;
    organization: string;
    generation: number;
    wrapped: Uint8Array;
    created_at: number;
  };
  appliance_secret: {
    name: string;
    master: string;
    wrapped: Uint8Array;
    /** JSON; what belongs to the secret and is no secret, such as the public half. */
    details: string;
    created_at: number;
  };
  erasure_ledger: { seq: number; entry: string };
  note: { name: string; value: string };
  /** Folders that hold a copy of this store. */
  copy_place: {
    place: string;
    added_at: number;
    /** Since when it is not up to date; of this store alone, never copied. */
    behind_since: number | null;
    /** Id of the copy there; empty in one that was added before copies had ids, until it is reached. */
    copy: string;
  };
  /** Copies that are kept up to date no longer. */
  former_copy: {
    /** Id; empty as in `copy_place`. */
    copy: string;
    /** Where it was. */
    place: string;
    /** `left`: as it was. `wiped`: by us. `attested`: an operator says that its medium is destroyed. */
    fate: 'left' | 'wiped' | 'attested';
    /** Who attested it, else empty. */
    noted_by: string;
    noted_at: number;
    /** Since when it missed writes when it was taken out; 0 when it had them all. */
    behind_since: number;
  };
  /** One row. */
  store_state: {
    id: number;
    /** Random; identifies this store and its copies among appliances. */
    identity: string;
    /** Counts the writes. */
    revision: number;
    /** In a copy its id, which no other copy has; without meaning in the store itself. */
    copy: string;
  };
}

export const keyMigrations: readonly Migration[] = [
  {
    name: '0001-keys',
    up: ({ text, integer, bytes, strict }) => [
      `create table organization_key (
        organization ${text} not null,
        generation ${integer} not null,
        master ${text} not null,
        wrapped ${bytes} not null,
        lookup_wrapped ${bytes} not null,
        created_at ${integer} not null,
        primary key (organization, generation)
      )${strict}`,
      `create table person_key (
        subject ${text} primary key not null,
        organization ${text} not null,
        generation ${integer} not null,
        wrapped ${bytes} not null,
        created_at ${integer} not null
      )${strict}`,
    ],
  },
  {
    name: '0002-secrets',
    up: ({ text, integer, bytes, strict }) => [
      `create table appliance_secret (
        name ${text} primary key not null,
        master ${text} not null,
        wrapped ${bytes} not null,
        details ${text} not null,
        created_at ${integer} not null
      )${strict}`,
      `create table erasure_ledger (
        seq ${integer} primary key not null,
        entry ${text} not null
      )${strict}`,
      `create table note (
        name ${text} primary key not null,
        value ${text} not null
      )${strict}`,
      `create table copy_place (
        place ${text} primary key not null,
        added_at ${integer} not null,
        behind_since ${integer}
      )${strict}`,
      `create table store_state (
        id ${integer} primary key not null check (id = 1),
        identity ${text} not null,
        revision ${integer} not null
      )${strict}`,
    ],
  },
  {
    name: '0003-copy-ids',
    up: ({ text, integer, strict }) => [
      `alter table copy_place add column copy ${text} not null default ''`,
      `alter table store_state add column copy ${text} not null default ''`,
      `create table former_copy (
        copy ${text} not null,
        place ${text} not null,
        fate ${text} not null,
        noted_by ${text} not null,
        noted_at ${integer} not null,
        behind_since ${integer} not null,
        primary key (copy, place)
      )${strict}`,
    ],
  },
];

export type CopiedTable = Exclude<keyof KeySchema, 'store_state'>;
export type CopiedValue = string | number | Uint8Array;

interface CopiedColumns {
  /** First in `columns`. */
  key: readonly string[];
  columns: readonly string[];
}

/** What a copy holds: every row of these tables, by its key. */
export const copiedTables: Record<CopiedTable, CopiedColumns> = {
  organization_key: {
    key: ['organization', 'generation'],
    columns: ['organization', 'generation', 'master', 'wrapped', 'lookup_wrapped', 'created_at'],
  },
  person_key: {
    key: ['subject'],
    columns: ['subject', 'organization', 'generation', 'wrapped', 'created_at'],
  },
  appliance_secret: { key: ['name'], columns: ['name', 'master', 'wrapped', 'details', 'created_at'] },
  erasure_ledger: { key: ['seq'], columns: ['seq', 'entry'] },
  note: { key: ['name'], columns: ['name', 'value'] },
  copy_place: { key: ['place'], columns: ['place', 'added_at', 'copy'] },
  former_copy: {
    key: ['copy', 'place'],
    columns: ['copy', 'place', 'fate', 'noted_by', 'noted_at', 'behind_since'],
  },
};

/** One row after a write: its values in the order of `columns`, or undefined if it was deleted. */
export interface RowChange {
  table: CopiedTable;
  key: readonly CopiedValue[];
  row: readonly CopiedValue[] | undefined;
}

/** Keys of the rows of a table that are new, changed or gone. */
export interface Touched {
  table: CopiedTable;
  keys: readonly (readonly CopiedValue[])[];
}
