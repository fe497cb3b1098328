import { resolve } from 'node:path';
import type { InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';

/** One place of the key store's copies, as storage tells of it. */
export interface KeyPlaceReport {
  /** Absolute folder. */
  place: string;
  state: 'current' | 'behind' | 'unreachable';
  /** Since when it is not current, in ms since 1970. */
  since?: number;
  reason?: string;
  addedAt: number;
}

/** The places where copies of the key store are kept, each change with its audit line. */
export interface KeyPlaces {
  list(): Promise<KeyPlaceReport[]>;
  /**
   * A place that is there already is only brought up to date. Throws INVALID_REQUEST for a folder that cannot be a place,
   * CONFLICT for another appliance's copy.
   */
  add(folder: string, actor: Actor): Promise<KeyPlaceReport>;
  /** Throws NOT_FOUND; with `wipe` CONFLICT when the copy cannot be reached, and then nothing is changed. */
  remove(folder: string, options: { wipe: boolean }, actor: Actor): Promise<KeyPlaceReport>;
  /** Brings every place up to date that can be reached. */
  sync(): Promise<KeyPlaceReport[]>;
}

export interface KeyPlacesDeps {
  copies: {
    list(): Promise<KeyPlaceReport[]>;
    add(folder: string): Promise<KeyPlaceReport>;
    remove(folder: string, options: { wipe: boolean }): Promise<void>;
    sync(): Promise<KeyPlaceReport[]>;
  };
  inTransaction: InTransaction;
  audit: Audit;
}

export function createKeyPlaces({ copies, inTransaction, audit }: KeyPlacesDeps): KeyPlaces {
  const note = (
    actor: Actor,
    action: string,
    details: Record<string, unknown>,
    outcome: 'done' | 'refused' = 'done',
  ) => inTransaction((tx) => audit.add(tx, { actor, action, outcome, details }));

  return {
    list: () => copies.list(),
    sync: () => copies.sync(),
    /** The line comes first: nobody takes a copy of every key without one. A place that is there already is no change. */
    async add(folder, actor) {
      const place = resolve(folder);
      if ((await copies.list()).some((known) => known.place === place)) return copies.add(place);
      await note(actor, 'keystore.add-place.begin', { place });
      try {
        const report = await copies.add(folder);
        await note(actor, 'keystore.add-place', { place: report.place, state: report.state });
        return report;
      } catch (error) {
        await note(actor, 'keystore.add-place', { place }, 'refused');
        throw error;
      }
    },
    /** The line comes first: a copy that is wiped cannot be put back for want of one. */
    async remove(folder, { wipe }, actor) {
      const place = resolve(folder);
      const known = (await copies.list()).find((one) => one.place === place);
      const details = { place, wipe, ...(known && { state: known.state }) };
      if (known) await note(actor, 'keystore.remove-place', details);
      try {
        await copies.remove(place, { wipe });
      } catch (error) {
        await note(actor, 'keystore.remove-place', details, 'refused');
        throw error;
      }
      return known!;
    },
  };
}
