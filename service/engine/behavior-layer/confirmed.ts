import { hash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import {
  type BehaviorModel,
  type ConfirmedWindow,
  type SiteZero,
  scoreOfPerson,
  zeroOfPeople,
} from '../behavior/index.ts';
import { addFigures, deleteFiguresBefore, deleteSurplus, selectFigures } from './confirmed-store.ts';

/** What the confirmed people of a site say about the zero of the weights in use. */
export interface SiteFigures {
  windows: number;
  people: number;
  /** Their 1 % quantile, and its distance from the zero in use; absent for too few. */
  z0?: number;
  drift?: number;
  /** Why it is not taken over. */
  refused?: string;
}

/** Who the session was approved for. */
export interface ConfirmedPerson {
  /** The caller's own id of the person; a keyed hash of it is kept. */
  reference: string;
  /** The person that the session recognized. */
  subject?: string | undefined;
  /** Keyed hash of the address that the session was for, where it recognized no person. */
  emailHash?: string | undefined;
}

export interface SiteZeros {
  /** Undefined where rules judge alone. */
  measure(organization: OrganizationId): Promise<SiteFigures | undefined>;
  /** Keeps what windows of a person say whose session was approved in the live world: never call it for others. */
  confirmed(
    tx: Tx,
    organization: OrganizationId,
    person: ConfirmedPerson,
    windows: readonly ConfirmedWindow['data'][],
  ): Promise<void>;
}

interface ConfirmedDeps {
  db: Db;
  inTransaction: InTransaction;
  clock: Clock;
  /** A keyed hash of the organization. */
  sealer: { emailHash(organization: OrganizationId, text: string): string };
  log?: Pick<Log, 'warn'>;
  inUse(
    organization: string,
  ): { model: BehaviorModel; weights: string; z0: number; adapts: boolean } | undefined;
  setZero(organization: OrganizationId, zero: SiteZero, actor: Actor): Promise<unknown>;
}

const DAY = 86_400_000;
const KEPT = 30 * DAY;
/** Smaller moves are noise, and each leaves an audit line. */
const LEAST_MOVE = 0.01;

/** The zero of a site from people whose sessions were approved (BEHAVIOR.md 6.4). Never from others: programs would teach it. */
export function createConfirmed({
  db,
  inTransaction,
  clock,
  sealer,
  log,
  inUse,
  setZero,
}: ConfirmedDeps): SiteZeros & {
  tend(organizations: readonly OrganizationId[]): Promise<void>;
} {
  /** Throws CONFLICT for too few, or too far a zero. */
  async function zeroOf(organization: OrganizationId) {
    const used = inUse(organization);
    if (!used) return undefined;
    const figures = await selectFigures(db, organization, used.weights);
    const counted = { windows: figures.length, people: new Set(figures.map(({ person }) => person)).size };
    return { used, counted, zero: () => zeroOfPeople(used.model, figures) };
  }

  async function measure(organization: OrganizationId): Promise<SiteFigures | undefined> {
    const found = await zeroOf(organization);
    if (!found) return undefined;
    const { used, counted, zero } = found;
    try {
      const { z0 } = zero();
      return { ...counted, z0, drift: z0 - used.z0 };
    } catch (error) {
      if (error instanceof Problem) return { ...counted, refused: error.message };
      throw error;
    }
  }

  async function move(organization: OrganizationId): Promise<void> {
    const used = inUse(organization);
    if (!used?.adapts) return;
    const { z0, drift = 0, windows, people, refused } = (await measure(organization))!;
    if (refused !== undefined) log?.warn({ organization, windows, people }, `the zero stays: ${refused}`);
    if (z0 === undefined || Math.abs(drift) < LEAST_MOVE) return;
    await setZero(organization, { z0, windows, people }, { is: 'appliance', task: 'behavior-zero' });
  }

  return {
    measure,
    async confirmed(tx: Tx, organization, { reference, subject, emailHash }, windows) {
      const used = windows.length > 0 && inUse(organization);
      if (!used) return;
      const now = clock.now();
      const person = sealer.emailHash(organization, `behavior-person/${hash('sha256', reference, 'hex')}`);
      const figures = windows.flatMap((data) => {
        const z = scoreOfPerson(used.model, data);
        if (z === undefined) return [];
        const rounded = { z: Math.round(z * 100) / 100, day: now - (now % DAY) };
        const reached = { subject: subject ?? null, email_hash: emailHash ?? null };
        return [{ organization, person, weights: used.weights, ...rounded, ...reached }];
      });
      await addFigures(tx, figures);
    },
    async tend(organizations) {
      await inTransaction((tx) => deleteFiguresBefore(tx, clock.now() - KEPT));
      for (const organization of organizations) {
        await inTransaction((tx) => deleteSurplus(tx, organization));
        await move(organization);
      }
    },
  };
}
