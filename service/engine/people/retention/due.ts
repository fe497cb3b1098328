import { z } from 'zod';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { PersonalData } from '../../audit/index.ts';
import { endedAt, keptUntil } from '../../consent/index.ts';
import type { KeptPerson } from '../subjects/kept-people-store.ts';

export const DAY = 86_400_000;

/** `consent-withdrawn`, `consent-over`: the person's own records leave no use of the face. `unused`: not used for the term. */
export type DueReason = 'unused' | 'consent-over' | 'consent-withdrawn';

type Kept = Pick<KeptPerson, 'enrolledAt' | 'usedAt' | 'status'>;

/** When and why the person is to be erased as things are, by each reason; `unused` in milliseconds. What an administrator withdrew erases after a wait (`keptUntil`). */
export function endsOf(
  { enrolledAt, usedAt, status }: Kept,
  { unused }: { unused: number },
): { at: number; reason: DueReason }[] {
  const byUse = { at: Math.max(enrolledAt, usedAt ?? 0) + unused, reason: 'unused' as const };
  const end = endedAt(status);
  if (end === undefined) return [byUse];
  const reason = end === 0 ? 'consent-withdrawn' : 'consent-over';
  return [{ at: Math.max(end, keptUntil(status, enrolledAt)), reason }, byUse];
}

/** Why the person is to be erased; undefined when they are not. */
export const dueReason = (
  person: Kept,
  { unusedDays }: { unusedDays: number },
  now: number,
): DueReason | undefined => endsOf(person, { unused: unusedDays * DAY }).find(({ at }) => at <= now)?.reason;

/**
 * A sweep erases one person, or one in twenty, without being confirmed. More is likelier a wrong clock or a wrong term than the
 * end of so many terms.
 */
export function needsConfirmation(due: number, people: number): boolean {
  return due > Math.max(1, Math.floor(people / 20));
}

const count = z.int().min(0);
export const exampleOfSweep = {
  due: { unused: 2, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 2,
  pending: 0,
  auditLines: 0,
  rows: { verifications: 40, events: 60, deliveries: 60, alerts: 0, claims: 0 },
};

/** What a sweep did, or would do; nothing in it names a person. */
export const SweepReport = z.object({
  due: z
    .object({
      unused: count.describe('Not enrolled or verified during the whole term'),
      'consent-over': count.describe('Consent has expired'),
      'consent-withdrawn': count.describe('Consent was withdrawn'),
    })
    .describe('People past their retention term, by reason'),
  held: count.describe('People past their retention term who are under a legal hold'),
  erased: count.describe('People erased'),
  pending: count.describe('Erasures that wait for a copy of the key store'),
  rows: z
    .record(z.string(), count)
    .describe(
      'Rows older than their term: verifications, events, deliveries, alerts, claims (counts of failures)',
    ),
  auditLines: count.describe('Lines of the audit log deleted'),
  failed: z
    .string()
    .optional()
    .describe('Why it stopped early, or who could not be erased; the next sweep continues'),
});
export type SweepReport = z.output<typeof SweepReport>;

export const emptyReport = (personalData: readonly PersonalData[]): SweepReport => ({
  due: { unused: 0, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 0,
  pending: 0,
  rows: Object.fromEntries(
    personalData.flatMap(({ expires = [] }) => expires.map(({ counted }) => [counted, 0])),
  ),
  auditLines: 0,
});

/** As it is stored and answered: the rows beside the other counts. */
export const flatReport = ({ rows, ...counts }: SweepReport): Record<string, unknown> => ({
  ...counts,
  ...rows,
});

/** As `flatReport` makes it. */
export const StoredReport = z
  .object({ ...SweepReport.omit({ rows: true }).shape, due: SweepReport.shape.due.strict() })
  .catchall(count);

export function readReport(text: string): SweepReport {
  const written = StoredReport.safeParse(parseJson(text)).data;
  if (!written) return { ...emptyReport([]), failed: 'What it did cannot be read: its row is damaged.' };
  const { due, held, erased, pending, auditLines, failed, ...rows } = written;
  return {
    due,
    held,
    erased,
    pending,
    rows: rows as SweepReport['rows'],
    auditLines,
    ...defined({ failed }),
  };
}

/** Facts that are never older than the keys: an old database does not bring back an old clock. */
export interface Notes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
}

/** When the clock was last trusted: by a daily sweep without doubts, or by an operator. */
const Believed = z.strictObject({
  /** ms since 1970. */
  at: z.number(),
  /** The last line of the audit log then; absent in notes of earlier releases. */
  line: z.number().optional(),
  /** The same in the chains of nodes. */
  lines: z.record(z.string(), z.number()).optional(),
  /** When the first program on this directory was built that wrote this note; absent in notes of earlier releases. */
  builtAt: z.number().optional(),
});
type Believed = z.output<typeof Believed>;

/** A sweep that changed nothing, because an operator has to confirm it first. */
const WaitingSweep = z.strictObject({
  organization: z.string().transform((id) => id as OrganizationId),
  /** People it would erase, of so many. */
  due: z.number(),
  people: z.number(),
  /** Why it asks, in a sentence. */
  why: z.string(),
});
export type WaitingSweep = z.output<typeof WaitingSweep>;

/** Pending confirmations. */
const Waiting = z.strictObject({
  /** Why the clock is doubted; nothing is swept until an operator confirms it. */
  clock: z.string().optional(),
  sweeps: z.array(WaitingSweep),
});
export type Waiting = z.output<typeof Waiting>;

const LAST_SWEEP = 'retention.last-sweep';
const WAITING = 'retention.waiting';
const nothing: Waiting = { sweeps: [] };

/** Of each note that is read here, whether it can be. */
export const readableSweepNotes: Readonly<Record<string, (text: string) => boolean>> = {
  [LAST_SWEEP]: (text) => Believed.safeParse(parseJson(text)).success,
  [WAITING]: (text) => Waiting.safeParse(parseJson(text)).success,
};

export type SweepNotes = ReturnType<typeof createSweepNotes>;

export function createSweepNotes(notes: Notes) {
  // Each time: another node may have written it.
  async function waiting(): Promise<Waiting> {
    const text = await notes.note(WAITING);
    // What cannot be read is found again by the next sweep.
    return (text === undefined ? undefined : Waiting.safeParse(parseJson(text)).data) ?? nothing;
  }
  return {
    /** `damaged`: it cannot be read. */
    async believed(): Promise<Believed | 'damaged' | undefined> {
      const text = await notes.note(LAST_SWEEP);
      return text === undefined ? undefined : (Believed.safeParse(parseJson(text)).data ?? 'damaged');
    },
    believe: (believed: Believed) => notes.setNote(LAST_SWEEP, JSON.stringify(believed)),
    waiting,
    /** Each write goes to every copy of the key store: only what changed is written. */
    async setWaiting(now: Waiting): Promise<void> {
      const text = JSON.stringify(now);
      if (text !== ((await notes.note(WAITING)) ?? JSON.stringify(nothing)))
        await notes.setNote(WAITING, text);
    },
  };
}
