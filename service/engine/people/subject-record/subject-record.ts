import { createPdfPrinter, type Item, type PrintedDocument, type Section } from '../../../documents/index.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { time } from '../../../lib/time.ts';
import type { Organizations } from '../../accounts/index.ts';
import {
  type Actor,
  type AuditAction,
  describeActor,
  type ExportOptions,
  type Foundation,
  type Person,
  type PersonalData,
  type Realm,
  type SealedValue,
} from '../../audit/index.ts';
import { isErased } from '../erasure/erasure-store.ts';
import type { Subjects } from '../subjects/subjects.ts';

const recordFormat = 'gatehouse-subject-record/1';

/** Everything held about one person, as JSON (docs/SUBJECT-RECORD.md). */
export type SubjectRecord = { format: typeof recordFormat } & Record<string, unknown>;

export interface RecordRequest {
  /** By id or e-mail; a person who was erased by id. */
  person: string;
  /** The vectors too: what the person's face was turned into. Faces can be compared with them. */
  withTemplates: boolean;
  /** Reasons of legal holds too, which the law may forbid to disclose to the person. */
  withInternal: boolean;
  actor: Actor;
  request?: string;
}

export interface SubjectRecords {
  /** Audited as a read, on disk before the answer. Throws SUBJECT_NOT_FOUND. */
  read(realm: Realm, order: RecordRequest): Promise<SubjectRecord>;
  /** The same as a PDF for people. Throws PAYLOAD_TOO_LARGE where it would have too many values, OVERLOADED where too many wait. */
  print(realm: Realm, order: RecordRequest): Promise<Uint8Array>;
}

export interface SubjectRecordsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  sealer: {
    openMany(values: readonly SealedValue[]): Promise<({ is: 'open'; plain: Uint8Array } | { is: string })[]>;
    emailHash(organization: OrganizationId, email: string): string;
  };
  organizations: Pick<Organizations, 'get'>;
  subjects: Pick<Subjects, 'find'>;
  personalData: readonly PersonalData[];
  /** Every other table, and why it holds nothing about a person. */
  tablesWithoutPersons: Readonly<Record<string, string>>;
}

export function createSubjectRecords({
  db,
  inTransaction,
  sealer,
  organizations,
  subjects,
  audit,
  personalData,
  tablesWithoutPersons,
  clock,
}: SubjectRecordsDeps): SubjectRecords {
  const printPdf = createPdfPrinter({ clock });

  const auditRead = (
    { organization, world, subject }: Person,
    { actor, request }: RecordRequest,
    action: AuditAction,
    details: Record<string, unknown> = {},
  ) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        organization,
        target: subject,
        ...defined({ request }),
        details: { world, ...details },
      }),
    );

  const records: SubjectRecords = {
    async read(realm, asked) {
      const { person, withTemplates, withInternal } = asked;
      const found = await subjects.find(realm, person);
      const of = { ...realm, subject: found?.id ?? (person as SubjectId) };
      const { id, name } = await organizations.get(realm.organization);
      if (!found && !(await isErased(db, of)))
        throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
      await auditRead(of, asked, 'subject.export', { withTemplates, withInternal });
      const unreadable: string[] = [];
      const sections = await readSections(personalData, of, {
        enrolled: found !== undefined,
        emailHash: found?.email === undefined ? found?.addressHash : sealer.emailHash(id, found.email),
        withTemplates,
        withInternal,
        targets: await findTargets(personalData, of),
        open: (values) => open(sealer, values, unreadable),
        audited: (action) => auditRead(of, asked, action),
      });
      return {
        format: recordFormat,
        exportedAt: time(clock.now()),
        organization: { id, name },
        world: realm.world,
        ...sections,
        unreadable,
        notes: {
          ...notesOf(asked),
          notIncluded: { ...tablesWithoutPersons, ...leftOut(personalData) },
        },
      };
    },
    print: (realm, asked) =>
      printPdf({ ...realm, key: describeActor(asked.actor) }, async () =>
        printedRecord(await records.read(realm, asked)),
      ),
  };
  return records;
}

/** `unreadable` gets the field of each value that does not open: it was changed on disk. */
async function open(
  sealer: SubjectRecordsDeps['sealer'],
  values: Parameters<ExportOptions['open']>[0],
  unreadable: string[],
): Promise<(Uint8Array | undefined)[]> {
  const present = values.flatMap(({ context, sealed }) => (sealed ? [{ context, sealed }] : []));
  const opened = (await sealer.openMany(present)).values();
  return values.map(({ context, sealed }) => {
    if (!sealed) return undefined;
    const value = opened.next().value!;
    if ('plain' in value) return value.plain;
    unreadable.push(context.field);
    return undefined;
  });
}

async function findTargets(personalData: readonly PersonalData[], of: Person): Promise<string[]> {
  const targets: string[] = [];
  for (const { auditTargets } of personalData) targets.push(...((await auditTargets?.(of)) ?? []));
  return targets;
}

async function readSections(
  personalData: readonly PersonalData[],
  of: Person,
  order: ExportOptions,
): Promise<Record<string, unknown>> {
  const sections: Record<string, unknown> = {};
  for (const { exportOf } of personalData) Object.assign(sections, await exportOf?.(of, order));
  return sections;
}

const notesOf = ({ withTemplates, withInternal }: RecordRequest) => ({
  pictures: 'Pictures are not kept: only what models computed of them.',
  templates: withTemplates
    ? 'vector: little-endian float32 numbers, base64, as the model gave them; the picture cannot be made of it, but a face can be compared with it.'
    : 'The vectors are left out; they are given with --with-templates.',
  ...(withInternal
    ? {}
    : { holds: 'Reasons of legal holds are left out; they are given with --with-internal.' }),
});

/** Tables that a person has something in, and that have no section: why not. */
const leftOut = (personalData: readonly PersonalData[]): Record<string, string> =>
  Object.fromEntries(
    personalData.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([table, { record }]) =>
        'leftOut' in record ? [[table, record.leftOut]] : [],
      ),
    ),
  );

type Values = Record<string, unknown>;

/** Sections of the record by name: what they are called on paper, and what they hold. */
const headings: Readonly<Record<string, readonly [heading: string, note: string]>> = {
  person: ['Person', 'Identity of the person.'],
  enrollments: ['Enrolled pictures', 'What is kept of a picture is its templates, not the picture.'],
  notTheSame: ['Not the same', 'People marked as distinct from this person.'],
  consent: ['Consent', 'Consents and withdrawals of the person.'],
  holds: ['Legal holds', 'Why data of the person is kept.'],
  verifications: ['Verifications', 'What was decided about the person, and why.'],
  presence: ['Presence', 'Programs that asked for the person, and what they were answered.'],
  failedAttempts: ['Failed attempts', 'Failures in a row that are counted against the address.'],
  events: ['Events', 'Events recorded for the organization’s own programs.'],
  deliveries: ['Deliveries', 'Events about the person that were sent, and their receivers.'],
  alerts: ['Alerts', 'Alerts about the person.'],
  audit: ['Audit log', 'Actions on the person’s data.'],
  erasures: ['Erasures', 'Erasures of the person.'],
  unreadable: ['Unreadable', 'Sealed values that do not open because they were changed on disk.'],
  notes: ['What is left out', 'And why.'],
};
const head = ['format', 'exportedAt', 'organization', 'world'];

/** Characters of a printed record, some for each value: about ten seconds of the processor, and 500 MB. */
const MOST = 3_000_000;
const EACH = 50;

/** The record as a document for people; every value of the JSON is in it. Throws PAYLOAD_TOO_LARGE. */
export function printedRecord(record: Values & { format: string }): PrintedDocument {
  const { organization, world, exportedAt } = record as unknown as {
    organization: { id: string; name: string };
    world: string;
    exportedAt: string;
  };
  const printed = `${exportedAt.slice(0, 19).replace('T', ' ')} UTC`;
  const sections = Object.entries(record).flatMap(([name, value]) =>
    head.includes(name) ? [] : [sectionOf(name, value)],
  );
  const facts = sections.flatMap(({ items }) => items.flatMap((item) => item.facts));
  if (facts.reduce((sum, [, value]) => sum + EACH + value.length, 0) > MOST)
    throw new Problem('PAYLOAD_TOO_LARGE', 'There is too much about the person for a PDF: ask for JSON.');
  return {
    title: 'Everything held about a person',
    lead: [
      `${organization.name} (${organization.id}), ${world === 'live' ? 'world of real people' : 'world of trials'}.`,
      `Given under Art. 15 and 20 GDPR. The same data is available as JSON (${record.format}).`,
    ],
    foot: `Printed ${printed} by Gatehouse`,
    sections,
  };
}

function sectionOf(name: string, value: unknown): Section {
  const [heading, note] = headings[name] ?? [labelOf(name), ''];
  const items = itemsOf(value);
  const empty = items.length === 0;
  return { heading, note: empty ? `${note} There is nothing.`.trim() : note, items };
}

/** A list gives an item for each, numbered; an object gives one. */
function itemsOf(value: unknown): Item[] {
  if (!Array.isArray(value)) {
    const facts = factsOf(value, '');
    return facts.length === 0 ? [] : [{ facts }];
  }
  return value.map((one: unknown, i) =>
    isObject(one)
      ? { title: `${i + 1} of ${value.length}`, facts: factsOf(one, '') }
      : { facts: [[`${i + 1}`, textOf(one)] as const] },
  );
}

/** The fields of an object and of what is in it, each under the names that lead to it. */
function factsOf(value: unknown, path: string): (readonly [string, string])[] {
  if (value === undefined) return [];
  if (isObject(value))
    return Object.entries(value).flatMap(([name, inner]) =>
      factsOf(inner, path === '' ? labelOf(name) : `${path}, ${labelOf(name).toLowerCase()}`),
    );
  if (Array.isArray(value) && value.some(isObject))
    return value.flatMap((inner: unknown, i) => factsOf(inner, `${path} ${i + 1}`));
  if (Array.isArray(value)) return [[path, value.map(textOf).join(', ')]];
  return [[path, textOf(value)]];
}

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textOf(value: unknown): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (value === null || value === undefined) return '–';
  return String(value);
}

/** `lastVerifiedAt` is “Last verified at”. */
function labelOf(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
