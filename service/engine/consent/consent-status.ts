import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import { type ConsentRecord, type Purpose, purposes, type Withdrawal } from './consent.ts';

/** The legal basis for people without a recorded consent. */
export type LegalBasis =
  /** Nothing: they may not be used. */
  | { is: 'with-call' }
  /** The organization's own word, for these purposes. */
  | { is: 'attested'; purposes: readonly Purpose[] };

/** What a person's own consents and withdrawals say, in a form that is kept beside the person and asked at every search. */
export interface ConsentStatus {
  /** Time of the newest record; the later of two statuses of a person applies. 0: no record. */
  asOf: number;
  /** Whether there is a consent of the person's own; without one the organization's legal basis applies. */
  recorded: boolean;
  /** From when (ms since 1970) each of these purposes is withheld, whatever the legal basis. */
  withheldFrom: { readonly [P in Purpose]?: number };
  /** When an administrator last withdrew, or recorded a consent, for the person: what follows from it erases after a wait. */
  staff?: { withdrewAt?: number; recordedAt?: number };
  /**
   * What is stored is damaged, this column or the purposes of a consent: until then, ms since 1970, nothing erases the person for want of
   * consent. A later consent or withdrawal of each purpose ends it.
   */
  unread?: number;
}

/** After what an administrator recorded of a person's consent, nothing is erased for so long. */
const STAFF_WAIT = 7 * 86_400_000;
/** Of one moment: an enrollment and the consent that came with it. */
const MOMENT = 60_000;

/** As a time, in JSON. */
const FOREVER = Number.MAX_SAFE_INTEGER;

export const noRecords: ConsentStatus = { asOf: 0, recorded: false, withheldFrom: {} };

type Given = Pick<ConsentRecord, 'at' | 'purposes' | 'expiresAt'> & { by?: string; unread?: true };
type Withdrawn = Pick<Withdrawal, 'at' | 'purpose'> & { by?: string };

/** The last record that an administrator of the organization made, ms since 1970. */
function lastByStaff(records: readonly { at: number; by?: string }[]): number | undefined {
  const times = records.filter(({ by }) => by?.startsWith('administrator:')).map(({ at }) => at);
  return times.length === 0 ? undefined : Math.max(...times);
}

function staffOf(
  withdrewAt: number | undefined,
  recordedAt: number | undefined,
): Pick<ConsentStatus, 'staff'> {
  if (withdrewAt === undefined && recordedAt === undefined) return {};
  return { staff: defined({ withdrewAt, recordedAt }) };
}

/**
 * For each purpose the newest record decides: a withdrawal withholds it, and of one moment's records it comes last. Consents
 * since then last until the latest of their ends. Consent to one purpose is no consent to another. One whose purposes cannot be read
 * allows no use; and it may name each purpose of which there is no later word.
 */
export function consentStatusOf(
  consents: readonly Given[],
  withdrawals: readonly Withdrawn[],
): ConsentStatus {
  const recorded = consents.length > 0;
  const damaged = consents.filter((one) => one.unread);
  let unread = 0;
  const withheldFrom: { [P in Purpose]?: number } = {};
  for (const purpose of purposes) {
    const withdrawn = Math.max(
      Number.NEGATIVE_INFINITY,
      ...withdrawals.filter((one) => one.purpose === purpose).map(({ at }) => at),
    );
    const valid = consents.filter((one) => one.at > withdrawn && one.purposes.includes(purpose));
    const end = Math.max(
      Number.NEGATIVE_INFINITY,
      ...valid.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY),
    );
    const spoken = Math.max(withdrawn, ...valid.map(({ at }) => at));
    unread = Math.max(
      unread,
      ...damaged.filter(({ at }) => at > spoken).map(({ expiresAt = FOREVER }) => expiresAt),
    );
    if (valid.length > 0) {
      if (Number.isFinite(end)) withheldFrom[purpose] = end;
    } else if (recorded || withdrawn !== Number.NEGATIVE_INFINITY) withheldFrom[purpose] = 0;
  }
  const asOf = Math.max(0, ...consents.map(({ at }) => at), ...withdrawals.map(({ at }) => at));
  const staff = staffOf(lastByStaff(withdrawals), lastByStaff(consents));
  return { asOf, recorded, withheldFrom, ...staff, ...(unread > 0 && { unread }) };
}

/** The status once this consent is recorded too; it is newer than all before. */
export function consentStatusAfter(status: ConsentStatus, consent: Given): ConsentStatus {
  const withheldFrom: { [P in Purpose]?: number } = {};
  for (const purpose of purposes) {
    const before = status.withheldFrom[purpose];
    if (consent.purposes.includes(purpose)) {
      const unlimited = status.recorded && before === undefined;
      if (!unlimited && consent.expiresAt !== undefined)
        withheldFrom[purpose] = Math.max(before ?? 0, consent.expiresAt);
    } else if (before !== undefined) withheldFrom[purpose] = before;
    else if (!status.recorded) withheldFrom[purpose] = 0;
  }
  const { withdrewAt, recordedAt } = status.staff ?? {};
  const staff = staffOf(withdrewAt, lastByStaff([consent]) ?? recordedAt);
  return { asOf: consent.at, recorded: true, withheldFrom, ...staff };
}

/**
 * Uses that the organization's own word allowed, and that the first consent of the person ends: those that it does not name, and all of
 * them where it is over before `soon`.
 */
export function takenAway(
  before: ConsentStatus,
  legalBasis: LegalBasis,
  { purposes: given, expiresAt }: Pick<Given, 'purposes' | 'expiresAt'>,
  soon: number,
): Purpose[] {
  if (before.recorded || legalBasis.is === 'with-call') return [];
  const endsSoon = expiresAt !== undefined && expiresAt < soon;
  return legalBasis.purposes.filter(
    (purpose) => before.withheldFrom[purpose] === undefined && (endsSoon || !given.includes(purpose)),
  );
}

export function isWithheld(
  status: ConsentStatus,
  purpose: Purpose,
  legalBasis: LegalBasis,
  now: number,
): boolean {
  const from = status.withheldFrom[purpose];
  if (from !== undefined) return from <= now;
  if (status.recorded) return false;
  return legalBasis.is === 'with-call' || !legalBasis.purposes.includes(purpose);
}

/** From when on the person's own records leave no use at all; absent when they leave one, and where they cannot be read. */
export function endedAt({ withheldFrom, unread = 0 }: ConsentStatus): number | undefined {
  const ends = purposes.map((purpose) => withheldFrom[purpose]);
  if (unread === FOREVER || !ends.every((end) => end !== undefined)) return undefined;
  return Math.max(unread, ...ends);
}

/**
 * Before when no sweep erases the person for want of consent: an administrator withdrew it, or recorded one that ends, after the
 * person was enrolled. The wait is for the alert to be read.
 */
export function keptUntil({ staff }: ConsentStatus, enrolledAt: number): number {
  const withdrew = staff?.withdrewAt ?? Number.NEGATIVE_INFINITY;
  const recorded = staff?.recordedAt ?? Number.NEGATIVE_INFINITY;
  return (
    Math.max(withdrew, recorded > enrolledAt + MOMENT ? recorded : Number.NEGATIVE_INFINITY) + STAFF_WAIT
  );
}

/**
 * A time for the next record of a person: now, and after everything recorded so far, so that a clock that was put back does
 * not make a withdrawal older than the consent it withdraws.
 */
export const nextMoment = (now: number, { asOf }: ConsentStatus): number => Math.max(now, asOf + 1);

export const consentStatusText = (status: ConsentStatus): string => JSON.stringify(status);

/** Newer than no record, and older than any. */
const damaged: ConsentStatus = {
  asOf: 1,
  recorded: true,
  withheldFrom: Object.fromEntries(purposes.map((purpose) => [purpose, 0])),
  unread: FOREVER,
};

const time = z.number();
/** As it is kept: the name of a member is a word of the service too. `[]` is the status of people without a record. */
export const StoredConsentStatus = z.union([
  z.tuple([]),
  z.strictObject({
    asOf: time,
    recorded: z.boolean(),
    withheldFrom: z.strictObject({
      verification: time.optional(),
      identification: time.optional(),
      deduplication: time.optional(),
    } satisfies Record<Purpose, z.ZodType>),
    staff: z.strictObject({ withdrewAt: time.optional(), recordedAt: time.optional() }).optional(),
    unread: time.optional(),
  }),
]);

export function readConsentStatus(text: string): ConsentStatus {
  if (text === '[]') return noRecords;
  const value = StoredConsentStatus.safeParse(parseJson(text)).data;
  if (value === undefined) return damaged;
  return Array.isArray(value) ? noRecords : (value as ConsentStatus);
}
