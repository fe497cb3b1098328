import type { Item, PrintedDocument, Section } from '../documents/index.ts';

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

/** The record as a document for people; every value of the JSON is in it. */
export function printedRecord(record: Values & { format: string }): PrintedDocument {
  const { organization, world, exportedAt } = record as unknown as {
    organization: { id: string; name: string };
    world: string;
    exportedAt: string;
  };
  const printed = `${exportedAt.slice(0, 19).replace('T', ' ')} UTC`;
  return {
    title: 'Everything held about a person',
    lead: [
      `${organization.name} (${organization.id}), ${world === 'live' ? 'world of real people' : 'world of trials'}.`,
      `Given under Art. 15 and 20 GDPR. The same data is available as JSON (${record.format}).`,
    ],
    foot: `Printed ${printed} by Gatehouse`,
    sections: Object.entries(record).flatMap(([name, value]) =>
      head.includes(name) ? [] : [sectionOf(name, value)],
    ),
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
