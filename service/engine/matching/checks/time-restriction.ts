import { z } from 'zod';
import { isTimeZone } from '../../../lib/time.ts';
import { type Check, type Finding, type PersonalInputs, rule } from './check.ts';
import { personMessages } from './person-messages.ts';
import { skipReasons } from './skip-reasons.ts';

export const TimeRestriction = z.strictObject({
  days: z.array(z.int().min(1).max(7)).max(7).describe('1 = Monday … 7 = Sunday.'),
  from: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .describe('Local time "HH:MM"; an end before the start spans midnight.'),
  to: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .describe('End of the hours, 24-hour clock.'),
  timeZone: z.string().optional().describe("IANA; the request's or site's zone when absent."),
});
export type TimeRestriction = z.infer<typeof TimeRestriction>;

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * 1 inside the profile's hours by the wall clock of the zone, else 0. A window that ends before it starts goes over
 * midnight and belongs to the day it starts on; one that ends when it starts lasts 24 hours.
 */
export function timeRestriction(
  restriction: TimeRestriction | undefined,
  now: number,
  placeZone: string | undefined,
): Finding {
  if (restriction === undefined) return { skipped: skipReasons.NO_HOURS };
  const timeZone = restriction.timeZone ?? placeZone;
  if (timeZone === undefined)
    return {
      skipped: skipReasons.NO_TIME_ZONE,
      missing: true,
    };
  if (!isTimeZone(timeZone)) return { skipped: skipReasons.WRONG_TIME_ZONE, missing: true };
  const { day, minute } = wallClock(now, timeZone);
  const from = minutes(restriction.from);
  const to = minutes(restriction.to);
  const today = restriction.days.includes(day);
  const yesterday = restriction.days.includes(day === 1 ? 7 : day - 1);
  const open =
    from < to
      ? today && minute >= from && minute < to
      : (today && minute >= from) || (yesterday && minute < to);
  const details = { timeZone, day, time: clockText(minute) };
  if (open) return { score: 1, details };
  return { score: 0, reason: personMessages.WRONG_HOUR, details };
}

function wallClock(at: number, timeZone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string) => parts.find((p) => p.type === type)!.value;
  return {
    day: WEEKDAYS.indexOf(part('weekday')) + 1,
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

function minutes(clock: string): number {
  const [hour, minute] = clock.split(':');
  return Number(hour) * 60 + Number(minute);
}

const clockText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

export const timeRestrictionCheck = {
  name: 'timeRestriction',
  defaultRule: rule(0.1, 0.5, true),
  maturity: 'proven',
  sentence: personMessages.WRONG_HOUR,
  withoutInput: 'fail-if-hard',
  storedReason: 'Not allowed at that hour.',
  settings: {
    timeRestriction: TimeRestriction.optional().describe('Settings of the check timeRestriction.'),
  },
  run: ({ now, place }: PersonalInputs, settings: { timeRestriction?: TimeRestriction | undefined }) =>
    timeRestriction(settings.timeRestriction, now, place?.timeZone),
} as const satisfies Check;
