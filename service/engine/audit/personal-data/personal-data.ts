import { setImmediate as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { actor, time } from '../../../lib/record-fields.ts';
import type { Tx } from '../../../storage/transaction.ts';

export interface Realm {
  organization: OrganizationId;
  world: World;
}

export interface Person extends Realm {
  subject: SubjectId;
}

/** What an erasure does to a table's rows, and where they are in the person's record. */
interface TableUse {
  /** Columns that hold something under a person's key, or name a person by id. */
  columns: readonly string[];
  /** The section of the subject record that has its rows, or why none has. */
  record: { in: string } | { leftOut: string };
  /** Why the id of an erased person stays. Absent: after an erasure no row holds the id. */
  keepsId?: string;
}

/** How the proof searches files for a value: its kind and its forms. */
export interface Searched {
  kind: 'picture mark' | 'template' | 'probe' | 'portrait';
  /** Vectors as bytes of 32-bit floats, a mark as its text. What cannot be read gives none. */
  forms(plain: Uint8Array): Uint8Array[];
}

/** What a sealed value is bound to, as `service/storage/sealing` has it. */
interface SealContext {
  organization: OrganizationId;
  subject: SubjectId;
  field: string;
  version: number;
  world?: World | undefined;
}

/** A sealed value from the database, and its context. */
export interface SealedValue {
  context: SealContext;
  sealed: Uint8Array;
  /** Absent: the proof tries to open it, and searches no file for it. */
  searched?: Searched;
}

/** Rows that a sweep deletes once they are older than a term of their organization. */
export interface ExpiringRows {
  /** The name under which the report of a sweep counts them. */
  counted: string;
  /** In the organization's retention terms. */
  term: 'verificationDays' | 'deliveryDays';
  /** Deletes rows older than `before` (ms since 1970), at most `limit`, none of a person under a legal hold. Gives their number. */
  expire(tx: Tx, realm: Realm, before: number, limit: number): Promise<number>;
  /** How many rows `expire` would delete without a limit. */
  count(realm: Realm, before: number): Promise<number>;
}

/** How the sections of a person's record are read. */
export interface ExportOptions {
  /** False once the erasure of the person has begun: what describes an enrolled person is left out then. */
  enrolled: boolean;
  /** The keyed hash of the person's address. */
  emailHash: string | undefined;
  /** The vectors too. */
  withTemplates: boolean;
  /** Reasons of legal holds too. */
  withInternal: boolean;
  /** What `auditTargets` of all features gave. */
  targets: readonly string[];
  /** The plain bytes of each value, in order; undefined for a missing value and for one that does not open, which the record notes. */
  open(
    values: readonly { context: SealContext; sealed: Uint8Array | null }[],
  ): Promise<(Uint8Array | undefined)[]>;
  /** Writes an audit line of this read. */
  audited(action: 'consent.read'): Promise<void>;
}

/**
 * Where a feature keeps anything about a person, and what happens to it there. Each such feature exports one, compose lists them;
 * erasure and its proof, retention and the subject record go through that list.
 */
export interface PersonalData {
  /** The tables of the feature with anything about a person. */
  tables: Readonly<Record<string, TableUse>>;
  /**
   * Removes what is held about these people, in the transaction that removes it everywhere; their keys are destroyed by then. At
   * most some hundred people; `now` in milliseconds since 1970. It may be called again.
   */
  forget?(tx: Tx, subjects: readonly SubjectId[], now: number): Promise<void>;
  /** In the place of `forget`, where many rows have to be looked through: before the transaction, with turns for others. Gives what forgets. */
  readThenForget?(subjects: readonly SubjectId[]): Promise<NonNullable<PersonalData['forget']>>;
  /** What is held about an address by its keyed hash. */
  address?: {
    /** Removes it, in the transaction of the intent: the hash is not known later. */
    forget(tx: Tx, realm: Realm, emailHash: string): Promise<void>;
    /** In the transaction that gives its person another address: what is about the person is found under that one. */
    move(tx: Tx, realm: Realm, from: string, to: string): Promise<void>;
  };
  /** What is sealed under the person's key now; the proof tries to open it after the erasure. */
  sealedValues?(person: Person): Promise<SealedValue[]>;
  expires?: readonly ExpiringRows[];
  /** The feature's sections of the person's record, by name. The record has them in the order of the list. */
  exportOf?(person: Person, order: ExportOptions): Promise<Record<string, unknown>>;
  /** Ids of the feature's rows about the person that audit lines name as their target. */
  auditTargets?(person: Person): Promise<string[]>;
  /** What happened, and is due, on the timeline of a person or of one verification. */
  momentsOf?(whose: MomentsOf): Promise<Moment[]>;
}

/** Tables whose rows go on naming an erased person, on purpose. */
export const tablesThatKeepIds = (list: readonly PersonalData[]): ReadonlySet<string> =>
  new Set(
    list.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([table, { keepsId }]) => (keepsId === undefined ? [] : [table])),
    ),
  );

/** Rows that are read and opened in one go: some milliseconds of the event loop. */
const PAGE = 500;

/** Every row that `next` gives, in the order of ids; other callers get a turn after each page. */
export async function* readPages<Row extends { id: string }>(
  next: (after: string, limit: number) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = ''; ; ) {
    const rows = await next(after, PAGE);
    if (rows.length > 0) yield rows;
    await pause();
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

const decoder = new TextDecoder();
export const textOf = (plain: Uint8Array | undefined): string | undefined => plain && decoder.decode(plain);
export const jsonOf = (plain: Uint8Array | undefined): unknown => plain && JSON.parse(decoder.decode(plain));

/** Little-endian float32, base64. */
export const vectorText = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');

/** JSON without the ids of other people. */
export const parseFor = (subject: string, source: string): unknown =>
  JSON.parse(source, (_, value) =>
    typeof value === 'string' && value.startsWith('sub_') && value !== subject ? '(another person)' : value,
  );

/** What a moment of a timeline is. The words of `says` for each: */
export const momentKinds = {
  request: 'The verification was asked for; `says`: the source of its pictures',
  verdict: 'A verification was decided; `says`: `VERIFIED`, or the reason',
  enrolled: 'A picture was enrolled',
  disabled: 'The person was disabled',
  consent: 'A consent; `says`: `given` or `withdrawn`',
  hold: 'A legal hold; `says`: `placed` or `released`',
  session: 'A live session; `says`: `created`, `held`, or the decision',
  review: 'Two faces to compare; `says`: `arrived`, or the decision',
  delivery: 'A delivery to a webhook; `says`: its state',
  audit: 'A line of the audit log; `says`: the action',
  deletion:
    'Yet to come: `says` what is deleted: `verification`, `deliveries`; or why the person is erased: `unused`, `consent-over`, `consent-withdrawn`; or `held`: a legal hold keeps it',
} as const;
export type MomentKind = keyof typeof momentKinds;

export const Moment = z
  .strictObject({
    at: time('When; of a deletion, when it is due'),
    kind: z.enum(Object.keys(momentKinds) as [MomentKind]).describe(
      Object.entries(momentKinds)
        .map(([kind, what]) => `\`${kind}\`: ${what}`)
        .join('. '),
    ),
    says: z.string().optional().describe('What happened, in the words of its kind'),
    about: z
      .string()
      .optional()
      .describe('The check that decided, the event of a delivery, the purpose of a consent'),
    object: z.string().optional().describe('Id of the object that has a page'),
    within: z.string().optional().describe('Id of the webhook of a delivery'),
    by: actor.optional(),
    request: z.string().optional().describe('Id of the request (`x-request-id`)'),
    refused: z.literal(true).optional().describe('It was refused'),
    times: z.int().min(2).optional().describe('How often, where the same reader read it again and again'),
  })
  .meta({
    id: 'Moment',
    description: 'Something that happened to a person or a verification, or is due.',
    examples: [
      {
        at: '2026-11-20T12:00:00.000Z',
        kind: 'verdict',
        says: 'CHECK_FAILED',
        about: 'liveness',
        object: 'ver_01m7w3hbbec1gf5vj2bmsg7bmh',
        by: 'key:key_01m7w3ayykpzv1m774b6g68g31',
      },
    ],
  });
export type Moment = z.output<typeof Moment>;

/** Whose moments: a person's, or one verification's. */
export interface MomentsOf {
  organization: OrganizationId;
  world: World;
  subject?: SubjectId;
  verification?: string;
  /** Of earlier features in the list: what they found is looked up by the later ones. */
  found: readonly Moment[];
  /** Terms of the organization in milliseconds. */
  terms: { verification: number; delivery: number; unused: number };
  /** Of each kind the newest. */
  most: number;
}
