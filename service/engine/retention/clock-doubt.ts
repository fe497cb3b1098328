import { DAY } from './due.ts';

/** The largest plausible advance since the clock was last trusted: the appliance was off for a week. */
const MOST_DAYS_AHEAD = 7;
/** And back so far: a clock that was corrected. */
const MOST_DAYS_BACK = 1;

/** Evidence for whether the clock is right. Times are ms since 1970. */
export interface ClockEvidence {
  now: number;
  /** When the program was built. */
  builtAt: number;
  /** When a sweep last trusted the clock or an operator confirmed it; undefined before the first sweep. */
  believedAt: number | undefined;
  /** The newest line of the audit log; undefined when there is none. */
  newestLineAt: number | undefined;
  /** The furthest that the time went on, and back (positive), from one line of the audit log to the next since then. */
  ahead: number;
  back: number;
}

/** Why the clock may be wrong, in a sentence; undefined when it is trusted. */
export function doubtOf({
  now,
  builtAt,
  believedAt,
  newestLineAt,
  ahead,
  back,
}: ClockEvidence): string | undefined {
  const says = `The clock says ${day(now)}`;
  if (now < builtAt) return `${says}, before this program was built (${day(builtAt)}).`;
  if (ahead > MOST_DAYS_AHEAD * DAY)
    return `${says}; it went on by ${days(ahead)} at once before, as the audit log shows.`;
  if (back > MOST_DAYS_BACK * DAY)
    return `${says}; it went back by ${days(back)} before, as the audit log shows.`;
  const last = believedAt ?? newestLineAt;
  const since = believedAt === undefined ? 'the last line of the audit log' : 'the last retention sweep';
  if (last !== undefined && now - last > MOST_DAYS_AHEAD * DAY)
    return `${says}, ${days(now - last)} after ${since} (${day(last)}).`;
  if (believedAt !== undefined && believedAt - now > MOST_DAYS_BACK * DAY)
    return `${says}, ${days(believedAt - now)} before the last retention sweep (${day(believedAt)}).`;
  if (newestLineAt !== undefined && newestLineAt - now > MOST_DAYS_BACK * DAY)
    return `${says}, ${days(newestLineAt - now)} before the newest line of the audit log (${day(newestLineAt)}).`;
  return undefined;
}

const day = (at: number) => new Date(at).toISOString().slice(0, 16).replace('T', ' ').concat(' UTC');
const days = (duration: number) => `${Math.round(duration / DAY)} days`;
