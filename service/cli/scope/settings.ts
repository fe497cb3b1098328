import { type Command, Option } from 'commander';
import type { Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { UsageError } from '../failure.ts';
import type { RealmOptions } from '../realm.ts';
import { readMoment } from '../terminal/moment.ts';

export interface SettingsOptions extends RealmOptions {
  falseFlagRate?: string;
  reviewRate?: string;
  onErasure?: 'reopen' | 'hold';
  retentionDays?: string;
  ends?: string;
}

export const withSettings = (command: Command): Command =>
  command
    .option(
      '--false-flag-rate <rate>',
      'chance that a person who is no member is taken for one: 0.01 or 1% (the default)',
    )
    .option('--review-rate <rate>', 'the same, of a person that a reviewer has to compare; 5% is the default')
    .addOption(
      new Option(
        '--on-erasure <rule>',
        'what the erasure of an account does to its place: reopen lets the human come again, hold keeps the pseudonym to the end of the epoch',
      ).choices(['reopen', 'hold']),
    )
    .option(
      '--retention-days <days>',
      'days after the last visit until a member is erased; none: at the end of the scope',
    )
    .option('--ends <time>', 'when the scope ends by itself, such as 2027-06-30; none: it does not');

/** What was given, as the route takes it; fields that were not stay as they are. */
export function readSettings({
  falseFlagRate,
  reviewRate,
  onErasure,
  retentionDays,
  ends,
}: SettingsOptions): Omit<Schemas['UniquenessScopeRequest'], 'name'> {
  return defined({
    falseFlagRate: readRate('--false-flag-rate', falseFlagRate),
    reviewRate: readRate('--review-rate', reviewRate),
    onErasure,
    retentionDays: readDays(retentionDays),
    endsAt: ends === undefined || ends === 'none' ? ends && null : readMoment('--ends', ends),
  }) as Omit<Schemas['UniquenessScopeRequest'], 'name'>;
}

function readRate(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%?)$/.exec(text) ?? [];
  const rate = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits !== undefined && rate > 0 && rate < 1) return Number(rate.toPrecision(12));
  throw new UsageError(`${flag}: "${text}" is not a share. Write 0.01 or 1%.`);
}

function readDays(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1) return days;
  throw new UsageError(`--retention-days: "${text}" is not a whole number of days; none means to the end.`);
}
