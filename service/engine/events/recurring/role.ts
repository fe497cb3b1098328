import type { Log } from '../../../lib/log.ts';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { Lease, Leases } from '../../../storage/leases.ts';
import type { Position } from '../../../storage/position/position.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { ClaimTime, Db, InTransaction } from '../../../storage/transaction.ts';
import { CLAIM, claimRole, giveRoleBack, isWorkClaimed, renewWork, selectWork } from './work-store.ts';

/** What one run of the program does at a time, as long as it runs: another one goes on where it has ended. */
export interface Role {
  /**
   * Does it where this run has the role, or can take it now; else nothing. Each transaction of it begins with the fence of the role, so
   * nothing is written once another run has it.
   */
  perform(work: () => Promise<void>): Promise<void>;
  /** Gives the role to the next that asks. */
  stop(): Promise<void>;
}

export interface RoleDeps {
  db: Db;
  inTransaction: InTransaction;
  log: Log;
  runs: Runs;
  /** By which claims end. */
  time: ClaimTime;
  leases: Pick<Leases, 'under'>;
  position: Pick<Position, 'catchUp'>;
  timer?: Timer | undefined;
}

/** Of a service that has its record for itself: it has every role. */
export const ownRole: Role = { perform: (work) => work(), stop: async () => {} };

/** `taken`: reads into memory what the run before it had there; before the first `perform` of each time that the role is taken. */
export function createRole(kind: string, deps: RoleDeps, taken: () => Promise<void>): Role {
  const { db, inTransaction, log, runs, leases, position, time, timer } = deps;
  const recurring = createRecurring({ log, timer });
  let lease: Lease | undefined;
  let ready = false;

  async function isTaken(): Promise<boolean> {
    const row = await selectWork(db, kind);
    if (row === undefined) return false;
    const at = { now: await time(db), longest: CLAIM, living: await runs.living(db) };
    return row.claimed_by !== runs.own && isWorkClaimed(row, at);
  }

  async function take(): Promise<Lease | undefined> {
    if (await isTaken()) return undefined;
    const fence = await inTransaction(async (tx) => {
      const now = await time(tx);
      const at = { now, longest: CLAIM, living: await runs.living(tx) };
      return claimRole(tx, kind, { ...at, owner: runs.own, until: now + CLAIM });
    });
    if (fence !== undefined) log.info({ role: kind, fence }, 'this run has taken a role');
    return fence === undefined ? undefined : { kind, fence };
  }

  async function renew(): Promise<void> {
    const held = lease;
    if (held === undefined) return;
    const ours = await inTransaction(async (tx) => renewWork(tx, kind, held.fence, (await time(tx)) + CLAIM));
    if (ours || lease !== held) return;
    lease = undefined;
    log.warn({ role: kind, fence: held.fence }, 'another run has taken a role over');
  }

  recurring.every(`role: ${kind}`, CLAIM / 3, renew);

  async function giveBack(): Promise<void> {
    const held = lease;
    lease = undefined;
    if (held) await inTransaction((tx) => giveRoleBack(tx, kind, held.fence));
  }

  return {
    async perform(work) {
      if (runs.rests()) return giveBack();
      if (lease === undefined) {
        lease = await take();
        ready = false;
      }
      const held = lease;
      if (held === undefined) return;
      await leases
        .under(held, async () => {
          await position.catchUp();
          if (!ready) await taken();
          ready = true;
          await work();
        })
        .catch(async (error: unknown) => {
          // Whether it is lost, the row knows.
          await renew();
          if (lease === held) throw error;
        });
    },
    async stop() {
      await recurring.stop();
      await giveBack().catch((error: unknown) =>
        log.warn({ role: kind, err: error }, 'a role could not be given back: the others take it over'),
      );
    },
  };
}
