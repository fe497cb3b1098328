import type { Insertable } from 'kysely';
import { parseJson } from '../../lib/canonical-json.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { nextNumber } from '../../storage/numbers.ts';
import type { Schema } from '../../storage/schema.ts';
import { type Sealer, sealJson } from '../../storage/sealing/sealed.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { AlertPayload, EventType, RecordedEvent, SessionPayload } from './domain-event.ts';

/** What translating needs of a row of the outbox. */
export const eventColumns = [
  ...(['id', 'organization', 'world', 'type', 'subject', 'payload'] as const),
  ...(['personal_sealed', 'until_delivered_sealed', 'created_at'] as const),
] as const;

/** A row of the outbox with these columns. */
export interface OutboxRow {
  id: string;
  organization: string;
  world: string;
  type: string;
  subject: string | null;
  payload: string;
  personal_sealed: Uint8Array | null;
  /** Null once it was delivered. */
  until_delivered_sealed: Uint8Array | null;
  created_at: number;
}

/** `erased`: its person was erased since. `damaged`: the row was changed on disk. */
export type OpenedEvent =
  | { is: 'open'; event: RecordedEvent }
  | { is: 'erased' }
  | { is: 'damaged'; reason: string };

export type OpenSealer = Pick<Sealer, 'openMany' | 'openOwn'>;

/** Events that always have a personal part: without it, the person was erased. */
const aboutPerson: ReadonlySet<string> = new Set([
  'subject.enrolled',
  'verification.verified',
  'behavior.judged',
] satisfies EventType[]);

/** One answer each, in order, none thrown. Some hundred rows at a time. */
export async function openEvents(sealer: OpenSealer, rows: readonly OutboxRow[]): Promise<OpenedEvent[]> {
  const ofPeople = rows.flatMap((row) =>
    row.subject !== null && row.personal_sealed !== null
      ? [
          {
            row,
            context: { ...contextOf(row), subject: row.subject as SubjectId },
            sealed: row.personal_sealed,
          },
        ]
      : [],
  );
  const unsealed = ofPeople.length > 0 ? await sealer.openMany(ofPeople) : [];
  const opened = new Map(ofPeople.map(({ row }, i) => [row.id, unsealed[i]!]));
  return rows.map((row): OpenedEvent => {
    try {
      if (row.payload === ERASED_PAYLOAD) return { is: 'erased' };
      const person = opened.get(row.id);
      if (person?.is === 'erased') return { is: 'erased' };
      if (person?.is === 'damaged') return { is: 'damaged', reason: 'what is personal in it does not open' };
      if (person === undefined && row.personal_sealed === null && namesPerson(row)) return { is: 'erased' };
      const plain =
        person?.plain ??
        (row.personal_sealed === null ? undefined : sealer.openOwn(contextOf(row), row.personal_sealed));
      return { is: 'open', event: toEvent(row, plain, openUntilDelivered(sealer, row)) };
    } catch (error) {
      return { is: 'damaged', reason: error instanceof Error ? error.message : String(error) };
    }
  });
}

function payloadOf<T = unknown>(text: string): T {
  const payload = parseJson<T>(text);
  if (payload === undefined) throw new Error('Its payload cannot be read.');
  return payload;
}

function namesPerson({ type, payload }: OutboxRow): boolean {
  if (aboutPerson.has(type)) return true;
  // A hosted session has a personal part only where its link came with data.
  if (type === 'session.decided') return payloadOf<SessionPayload>(payload).flow !== 'hosted';
  // An alert is about a person, a key, or nothing in particular: the id decides.
  return type === 'alert.triggered' && payloadOf<AlertPayload>(payload).about?.startsWith('sub_') === true;
}

const contextOf = ({ id, organization, world }: OutboxRow) => ({
  organization: organization as OrganizationId,
  world: world as World,
  field: `outbox.personal/${id}`,
  version: 1,
});

function openUntilDelivered(sealer: OpenSealer, row: OutboxRow): Uint8Array | undefined {
  if (row.until_delivered_sealed === null) return undefined;
  return sealer.openOwn(
    { ...contextOf(row), field: untilDeliveredField(row.id) },
    row.until_delivered_sealed,
  );
}

const toValues = (plain: Uint8Array | undefined) => plain && JSON.parse(new TextDecoder().decode(plain));

function toEvent(
  row: OutboxRow,
  personal: Uint8Array | undefined,
  untilDelivered: Uint8Array | undefined,
): RecordedEvent {
  return {
    id: row.id,
    type: row.type,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    at: row.created_at,
    payload: payloadOf(row.payload),
    personal: personal && { ...toValues(personal), ...toValues(untilDelivered) },
    // The outbox holds what `events.add` took, whose types say so.
  } as RecordedEvent;
}

export type SealEvent = Pick<Sealer, 'seal' | 'sealOwn'>;

/** In the order in which they are added: within one transaction, and within a millisecond too. */
export async function insertEvent(tx: Tx, row: Omit<Insertable<Schema['outbox']>, 'seq'>): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({ ...row, seq: nextNumber(tx, 'outbox') })
    .execute();
}

/** Under the person's key, so that erasing the person reaches what was never delivered; under the organization's own where no person is named. */
export async function sealEvent(
  sealer: SealEvent,
  {
    id,
    organization,
    world,
    subject,
  }: { id: string; organization: OrganizationId; world: World; subject: SubjectId | undefined },
  values: object,
): Promise<Uint8Array> {
  const field = `outbox.personal/${id}`;
  if (subject !== undefined) return sealJson(sealer, { organization, world, subject, field }, values);
  return sealer.sealOwn(
    { organization, field, version: 1 },
    new TextEncoder().encode(JSON.stringify(values)),
  );
}

/** Under the organization's own key, beside what stays for the term of deliveries. */
export const sealUntilDelivered = (
  sealer: SealEvent,
  { id, organization }: { id: string; organization: OrganizationId },
  values: object,
): Uint8Array =>
  sealer.sealOwn(
    { organization, field: untilDeliveredField(id), version: 1 },
    new TextEncoder().encode(JSON.stringify(values)),
  );

const untilDeliveredField = (event: string): string => `outbox.until-delivered/${event}`;

/** Replaces the payload of an event that named a person who was erased. */
export const ERASED_PAYLOAD = '{"erased":true}';
