import type { Clock } from '../../../lib/clock.ts';
import { Problem } from '../../../lib/problem.ts';
import { siteOf, sourceOf } from '../../../lib/source.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { SignInIntegrity } from './administrator-store.ts';
import {
  deleteFailures,
  deleteOldFailures,
  type FailureRow,
  putFailures,
  selectFailures,
  sumOfStrangers,
} from './failure-store.ts';

const DAY = 86_400_000;

/** Failures before an attempt has to wait, the first wait in milliseconds, which doubles, and the longest. */
interface Waits {
  free: number;
  first: number;
  longest: number;
}

const ofAccount: Waits = { free: 5, first: 15_000, longest: 15 * 60_000 };
/** Limits of one source over all accounts; many people may share an address. */
const ofSource: Waits = { free: 20, first: 5_000, longest: 5 * 60_000 };
/** Of one IPv6 /48, which may have many people: about 6,000 guesses a day, and no longer wait for the others. */
const ofSite: Waits = { ...ofSource, free: 4 * ofSource.free, longest: 15_000 };

/** NIST SP 800-63B, 3.2.2. */
const MOST_FAILURES = 100;
/** Term of counters for addresses without an account. */
const FORGOTTEN_AFTER = 90 * DAY;

/** One attempt, counted as a failure until it is known to be none. */
export interface Attempt {
  /** Whether the account signed in from this source before. */
  fromKnownSource: boolean;
  /** It was no failure, but the account is not signed in yet: what it was counted as is taken back. */
  takeBack(tx: Tx): Promise<void>;
  /** The account is signed in: its failures from this source are forgotten, and the source is known from now on. */
  succeed(tx: Tx): Promise<void>;
}

/**
 * Failed attempts, by account and source together and by source, or IPv6 /48, over all accounts, whether an account exists or not. Each is
 * counted before it is judged, so that many at once, or a crash, give no further guess. Where an account signed in before, its /48 does not
 * count.
 *
 * From sources that an account never signed in from, 100 may fail in all until an owner or operator lets it in again; from one that
 * it did, 100 of that source. So guesses from elsewhere do not lock out a person at a usual place.
 */
export type SignInFailures = ReturnType<typeof createSignInFailures>;

export interface SignInFailuresDeps {
  inTransaction: InTransaction;
  integrity: SignInIntegrity;
  clock: Clock;
}

export function createSignInFailures({ inTransaction, integrity, clock }: SignInFailuresDeps) {
  /** A MAC: it reveals neither the e-mail address as typed nor the network address. */
  const accountOf = (email: string) => integrity.mac('sign-in-failure', ['account', email]);
  const hashOf = (source: string) => integrity.mac('sign-in-failure', ['source', source]);

  /** Counts an attempt, or gives the refusal. */
  async function count(
    tx: Tx,
    account: string,
    source: string,
    site: string | undefined,
  ): Promise<{ counted: FailureRow[]; refusal?: Problem }> {
    const now = clock.now();
    const none = { failures: 0, lastFailedAt: now, knownAt: undefined };
    const pair = (await selectFailures(tx, account, source)) ?? { account, source, ...none };
    const overAll = async (whose: string): Promise<FailureRow> => {
      const whole = (await selectFailures(tx, '', whose)) ?? { account: '', source: whose, ...none };
      // A day without a failure and the source is as any other.
      return now - whole.lastFailedAt < DAY ? whole : { ...whole, failures: 0 };
    };
    const limited: [FailureRow, Waits][] = [
      [pair, ofAccount],
      [await overAll(source), ofSource],
    ];
    if (site && pair.knownAt === undefined) limited.push([await overAll(site), ofSite]);
    for (const [row, waits] of limited) {
      const wait = waitOf(row, waits, now);
      if (wait === 0) continue;
      // The clock was set back: the wait begins anew, instead of lasting until the clock has caught up.
      if (row.lastFailedAt > now) await putFailures(tx, { ...row, lastFailedAt: now });
      return { counted: [], refusal: delayed(wait) };
    }
    const failed = pair.knownAt === undefined ? await sumOfStrangers(tx, account) : pair.failures;
    if (failed >= MOST_FAILURES) return { counted: [], refusal: locked() };
    const counted = limited.map(([row]) => row);
    for (const row of counted)
      await putFailures(tx, { ...row, failures: row.failures + 1, lastFailedAt: now });
    return { counted };
  }

  return {
    /** Throws SIGN_IN_DELAYED. `email`: normalized. */
    async begin(email: string, address: string): Promise<Attempt> {
      const account = accountOf(email);
      const [source, network] = [hashOf(sourceOf(address)), siteOf(address)];
      const site = network && hashOf(network);
      let at = 0;
      const { counted, refusal } = await inTransaction((tx) => {
        at = clock.now();
        return count(tx, account, source, site);
      });
      if (refusal) throw refusal;
      const [pair, ...overAll] = counted as [FailureRow, ...FailureRow[]];
      return {
        fromKnownSource: pair.knownAt !== undefined,
        async takeBack(tx) {
          for (const row of counted) await takeBack(tx, row, at);
        },
        async succeed(tx) {
          for (const row of overAll) await takeBack(tx, row, at);
          await putFailures(tx, { account, source, failures: 0, lastFailedAt: at, knownAt: at });
        },
      };
    },

    /** Gives how many there were. */
    forget: (tx: Tx, email: string): Promise<number> => deleteFailures(tx, accountOf(email)),

    /** `emails`: of the accounts there are. */
    tidy: (tx: Tx, emails: readonly string[]): Promise<void> =>
      deleteOldFailures(tx, {
        sources: clock.now() - DAY,
        accounts: clock.now() - FORGOTTEN_AFTER,
        keep: emails.map(accountOf),
        locked: MOST_FAILURES,
      }),
  };
}

/** One failure less, and the time of the one before where none came since. */
async function takeBack(tx: Tx, before: FailureRow, at: number): Promise<void> {
  const row = await selectFailures(tx, before.account, before.source);
  if (!row || row.failures === 0) return;
  const lastFailedAt = row.lastFailedAt === at ? before.lastFailedAt : row.lastFailedAt;
  await putFailures(tx, { ...row, failures: row.failures - 1, lastFailedAt });
}

function waitOf(
  { failures, lastFailedAt }: FailureRow,
  { free, first, longest }: Waits,
  now: number,
): number {
  if (failures < free) return 0;
  const whole = Math.min(longest, first * 2 ** Math.min(failures - free, 30));
  const since = now - lastFailedAt;
  return since < 0 ? whole : Math.max(0, whole - since);
}

const delayed = (wait: number) =>
  new Problem('SIGN_IN_DELAYED', 'Too many sign-ins failed: wait before the next one.', {
    retryAfterSeconds: Math.ceil(wait / 1000),
  });

const locked = () =>
  new Problem(
    'SIGN_IN_DELAYED',
    'Too many sign-ins failed for this account: ask an owner to reset it, or run "gatehouse admin reset" at the appliance.',
  );
