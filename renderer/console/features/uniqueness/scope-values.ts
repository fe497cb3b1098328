import type { Schemas } from '../../data.ts';

export type Scope = Schemas['UniquenessScope'];
type Settings = Omit<Schemas['UniquenessScopeRequest'], 'name'>;

/** The settings as the form has them. */
export interface ScopeValues {
  /** Percent. */
  falseFlags: number;
  reviews: number;
  onErasure: 'reopen' | 'hold';
  /** Null: to the end of the scope. */
  retentionDays: number | null;
  /** A day of the reader's time zone, `2027-06-30`; empty: it does not end by itself. */
  ends: string;
}

/** As the box has them where nothing is set. */
export const defaultValues: ScopeValues = {
  falseFlags: 1,
  reviews: 5,
  onErasure: 'reopen',
  retentionDays: 365,
  ends: '',
};

const percentOf = (share: number) => Number((share * 100).toPrecision(8));
const shareOf = (percent: number) => Number((percent / 100).toPrecision(8));

/** The day of a moment in the reader's time zone. */
export function dayOf(moment: string): string {
  const at = new Date(moment);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last second of a day in the reader's time zone. */
export const endOf = (day: string): number => Date.parse(`${day}T23:59:59`);

export const valuesOf = ({
  falseFlagRate,
  reviewRate,
  onErasure,
  retentionDays,
  endsAt,
}: Scope): ScopeValues => ({
  falseFlags: percentOf(falseFlagRate),
  reviews: percentOf(reviewRate),
  onErasure,
  retentionDays: retentionDays ?? null,
  ends: endsAt === undefined ? '' : dayOf(endsAt),
});

/** The fields that differ, in the order of the form. Who is held stays to the end: the term says nothing then. */
export const changedFields = (before: ScopeValues, after: ScopeValues): (keyof ScopeValues)[] =>
  (['falseFlags', 'reviews', 'onErasure', 'retentionDays', 'ends'] as const).filter(
    (name) => before[name] !== after[name] && !(name === 'retentionDays' && after.onErasure === 'hold'),
  );

/** What is sent: the fields that differ. */
export function changesOf(before: ScopeValues, after: ScopeValues): Settings {
  const { falseFlags, reviews, onErasure, retentionDays, ends } = after;
  const whole = {
    falseFlags: { falseFlagRate: shareOf(falseFlags) },
    reviews: { reviewRate: shareOf(reviews) },
    onErasure: { onErasure },
    retentionDays: { retentionDays },
    ends: { endsAt: ends === '' ? null : new Date(endOf(ends)).toISOString() },
  } satisfies Record<keyof ScopeValues, Settings>;
  return Object.assign({}, ...changedFields(before, after).map((name) => whole[name])) as Settings;
}
