import type { LimitSettings, LimitsReport, MonthlyUse } from '../../../engine/limits/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { LimitsChange, LimitsReply } from './wire.ts';

/** `null` takes a limit away. */
export const toSettings = ({ key: _, trialUntil, ...rest }: LimitsChange): LimitSettings =>
  defined({ ...rest, trialUntil: typeof trialUntil === 'string' ? Date.parse(trialUntil) : trialUntil });

const fromUse = <Use extends MonthlyUse>({ limit, ...rest }: Use) => ({ ...rest, limit: limit ?? undefined });

export const fromLimits = ({
  trialUntil,
  month,
  organization,
  visits,
  key,
  ...rest
}: LimitsReport): LimitsReply => ({
  ...rest,
  trialUntil: trialUntil === null ? undefined : time(trialUntil),
  month: time(month).slice(0, 7),
  organization: fromUse(organization),
  visits: fromUse(visits),
  key: key && fromUse(key),
});
