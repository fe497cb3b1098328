import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { time } from '../../../lib/time.ts';
import { type Actor, type Foundation, readClockJumps, readEnds, readNewestTime } from '../../audit/index.ts';
import { DAY, type SweepNotes } from './due.ts';

/** The newest lines of the audit log that are searched for jumps of the clock. */
const MOST_LINES = 10_000;
/** Between midday UTC of a date and any moment that is this date somewhere on earth. */
const DATE_REACH = 1.5 * DAY;

interface ClockTrustDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock' | 'log'> {
  notes: SweepNotes;
  /** The chain of the audit log that this process adds to, by its own clock; empty unless given. */
  chain?: string;
  /** When the program was built (ms since 1970). */
  builtAt: number;
}

export type ClockTrust = ReturnType<typeof createClockTrust>;

/** Decides whether to trust the clock: a wrong clock must not make records old and delete them. */
export function createClockTrust(deps: ClockTrustDeps) {
  const { db, inTransaction, notes, audit, clock, chain = '', builtAt, log } = deps;
  let warnedAt: number | undefined;

  /** As noted; undefined too where the note cannot be read. */
  async function readable() {
    const believed = await notes.believed();
    return believed === 'damaged' ? undefined : believed;
  }

  async function doubt(): Promise<string | undefined> {
    const believed = await notes.believed();
    if (believed === 'damaged')
      return 'When the clock was last trusted is not known: its note in the key store is damaged.';
    const newest = await readNewestTime(db, chain);
    // A note of an earlier release names no line: what was before it is not looked at again.
    const from = chain === '' ? (believed ? believed.line : 0) : (believed?.lines?.[chain] ?? 0);
    const first = Math.max(from ?? 0, (newest?.seq ?? 0) - MOST_LINES);
    const jumps = from === undefined ? { ahead: 0, back: 0 } : await readClockJumps(db, chain, first);
    return doubtOf({
      now: clock.now(),
      builtAt,
      ...jumps,
      believedAt: believed?.at,
      newestLineAt: newest?.at,
    });
  }

  /** When the first program on this directory was built that noted it. */
  const firstBuiltAt = async () => (await readable())?.builtAt ?? builtAt;

  /** `everywhere`: what the chains of all nodes show is settled, whose clocks differ by no more than is allowed. */
  async function believe({ everywhere = false } = {}): Promise<void> {
    const line = (await readNewestTime(db, chain))?.seq ?? 0;
    const { lines: known } = (await readable()) ?? {};
    const ends = everywhere ? (await readEnds(db)).map((end) => [end.chain, end.seq] as const) : [];
    const lines = chain === '' ? known : { ...known, ...Object.fromEntries(ends), [chain]: line };
    await notes.believe({
      at: clock.now(),
      ...(chain === '' && { line }),
      ...defined({ lines }),
      builtAt: await firstBuiltAt(),
    });
  }

  function warn(why: string): void {
    const now = clock.now();
    if (warnedAt !== undefined && Math.abs(now - warnedAt) < DAY) return;
    warnedAt = now;
    log.warn(
      { now: time(now) },
      `${why} Nothing is swept until an operator confirms the clock: set it if it is wrong, then run "gatehouse retention confirm --today YYYY-MM-DD"`,
    );
  }

  return {
    /** Why the clock is doubted now; undefined when it is trusted. */
    doubt,
    /** From now on the clock counts as right, and what the audit log shows of it before is settled. */
    believe,
    believed: readable,
    firstBuiltAt,
    /** Whether a doubted clock blocks every sweep now; logged once a day, and noted. */
    async holdsBack(): Promise<boolean> {
      const why = await doubt();
      const { clock: noted, sweeps } = await notes.waiting();
      if (why === undefined) {
        if (noted !== undefined) await notes.setWaiting({ sweeps });
        return false;
      }
      await notes.setWaiting({ clock: why, sweeps });
      warn(why);
      return true;
    },
    /** As `Retention.confirmClock`. */
    async confirm({ today, actor, request }: { today: string; actor: Actor; request?: string }) {
      const now = clock.now();
      requireToday(today, now);
      const why = await doubt();
      const { sweeps } = await notes.waiting();
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'retention.confirm-clock',
          ...defined({ request }),
          details: { now: time(now), today, ...defined({ doubt: why }) },
        }),
      );
      await believe({ everywhere: true });
      await notes.setWaiting({ sweeps });
      warnedAt = undefined;
      return { now };
    },
  };
}

function requireToday(today: string, now: number): void {
  const midday = Date.parse(`${today}T12:00:00Z`);
  if (Math.abs(now - midday) <= DATE_REACH) return;
  throw new Problem(
    'INVALID_REQUEST',
    `The clock of this machine says ${time(now).slice(0, 10)}, you say ${today}. If you are right, set the clock first (timedatectl set-time …, or set-ntp true), then confirm again. Nothing was changed.`,
  );
}

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
