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
  failed: z.string().optional().describe('Reason why it stopped early; the next sweep continues'),
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

export function readReport(text: string): SweepReport {
  const written = parseJson<ReturnType<typeof JSON.parse>>(text);
  if (!written) return { ...emptyReport([]), failed: 'What it did cannot be read: its row is damaged.' };
  const { due, held, erased, pending, auditLines, failed, ...rows } = written;
  return { due, held, erased, pending, rows, auditLines, ...defined({ failed }) };
}

/** Facts that are never older than the keys: an old database does not bring back an old clock. */
export interface Notes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
}

/** When the clock was last trusted: by a daily sweep without doubts, or by an operator. */
interface Believed {
  /** ms since 1970. */
  at: number;
  /** The last line of the audit log then; absent in notes of earlier releases. */
  line?: number;
  /** The same in the chains of nodes. */
  lines?: Record<string, number>;
  /** When the first program on this directory was built that wrote this note; absent in notes of earlier releases. */
  builtAt?: number;
}

/** A sweep that changed nothing, because an operator has to confirm it first. */
export interface WaitingSweep {
  organization: OrganizationId;
  /** People it would erase, of so many. */
  due: number;
  people: number;
  /** Why it asks, in a sentence. */
  why: string;
}

/** Pending confirmations. */
export interface Waiting {
  /** Why the clock is doubted; nothing is swept until an operator confirms it. */
  clock?: string;
  sweeps: WaitingSweep[];
}

const LAST_SWEEP = 'retention.last-sweep';
const WAITING = 'retention.waiting';
const nothing: Waiting = { sweeps: [] };

export type SweepNotes = ReturnType<typeof createSweepNotes>;

export function createSweepNotes(notes: Notes) {
  const read = async <T>(name: string): Promise<T | undefined> => {
    const text = await notes.note(name);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  // Each time: another node may have written it.
  const waiting = async (): Promise<Waiting> => (await read<Waiting>(WAITING)) ?? nothing;
  return {
    believed: () => read<Believed>(LAST_SWEEP),
    believe: (believed: Believed) => notes.setNote(LAST_SWEEP, JSON.stringify(believed)),
    waiting,
    /** Each write goes to every copy of the key store: only what changed is written. */
    async setWaiting(now: Waiting): Promise<void> {
      const text = JSON.stringify(now);
      if (text !== JSON.stringify(await waiting())) await notes.setNote(WAITING, text);
    },
  };
}
