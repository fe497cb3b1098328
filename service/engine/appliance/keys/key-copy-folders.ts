import { resolve } from 'node:path';
import { z } from 'zod';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { time } from '../../../lib/record-fields.ts';
import { type Actor, type AuditAction, describeActor, type Foundation } from '../../audit/index.ts';

const example = {
  place: '/media/stick',
  copy: 'kcp_01m7w3hb8hbf355he5zqwjztdk',
  state: 'current' as const,
  addedAt: '2026-11-20T12:00:00.000Z',
};

/** One place of the key store's copies, as storage reports it. */
export const KeyCopyFolder = z
  .object({
    place: z.string().describe('Absolute path of the folder'),
    copy: z.string().optional().describe('Id of the copy'),
    state: z.enum(['current', 'behind', 'unreachable']).describe('Whether the copy is up to date'),
    since: time('Time since when it is not').optional(),
    reason: z.string().optional().describe('Reason why it is not'),
    addedAt: time('Time when the copy was added'),
  })
  .meta({
    id: 'KeyPlace',
    description: 'A folder with a copy of the key store.',
    examples: [example],
  });
export type KeyCopyFolder = z.output<typeof KeyCopyFolder>;

/** The places where copies of the key store are kept, each change with its audit line. */
export interface KeyCopyFolders {
  list(): Promise<KeyCopyFolder[]>;
  /**
   * A place that is there already is only brought up to date. Throws INVALID_REQUEST for a folder that cannot be a place,
   * CONFLICT for another appliance's copy.
   */
  add(folder: string, actor: Actor): Promise<KeyCopyFolder>;
  /** Throws NOT_FOUND; with `wipe` CONFLICT when the copy cannot be reached, and then nothing is changed. */
  remove(folder: string, options: { wipe: boolean }, actor: Actor): Promise<KeyCopyFolder>;
  /**
   * Takes the actor's word for it that the medium of a copy is destroyed: erasures that wait for it are done then, and their
   * receipts name whose word it is. Throws CONFIRMATION_REQUIRED unless `confirm` is the folder, CONFLICT when the copy is there
   * after all or several were kept in the folder and `copy` does not say which, NOT_FOUND.
   */
  attest(
    folder: string,
    options: { copy?: string; confirm?: string },
    actor: Actor,
  ): Promise<{ place: string; copy?: string }>;
  /** Brings every place up to date that can be reached. */
  sync(): Promise<KeyCopyFolder[]>;
}

export interface KeyCopyFoldersDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  copies: {
    list(): Promise<KeyCopyFolder[]>;
    add(folder: string): Promise<KeyCopyFolder>;
    remove(folder: string, options: { wipe: boolean }): Promise<void>;
    attest(folder: string, options: { copy?: string; by: string }): Promise<{ place: string; copy?: string }>;
    sync(): Promise<KeyCopyFolder[]>;
  };
}

export function createKeyCopyFolders({ copies, inTransaction, audit }: KeyCopyFoldersDeps): KeyCopyFolders {
  const note = (
    actor: Actor,
    action: AuditAction,
    details: Record<string, unknown>,
    outcome: 'done' | 'refused' = 'done',
  ) => inTransaction((tx) => audit.add(tx, { actor, action, outcome, details }));

  return {
    list: () => copies.list(),
    sync: () => copies.sync(),
    /** The line comes first: no copy of all keys without one. An existing place is no change. */
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
      const details = { place, wipe, ...defined({ state: known?.state }) };
      if (known) await note(actor, 'keystore.remove-place', details);
      try {
        await copies.remove(place, { wipe });
      } catch (error) {
        await note(actor, 'keystore.remove-place', details, 'refused');
        throw error;
      }
      return known!;
    },
    async attest(folder, { copy, confirm }, actor) {
      const place = resolve(folder);
      if (confirm !== place) {
        throw new Problem(
          'CONFIRMATION_REQUIRED',
          `Nothing was changed. To say that the medium of the copy in ${place} is destroyed, send confirm with the folder.`,
        );
      }
      const asked = { place, ...defined({ copy }) };
      await note(actor, 'keystore.attest-destroyed.begin', asked);
      try {
        const attested = await copies.attest(place, {
          by: describeActor(actor),
          ...defined({ copy }),
        });
        await note(actor, 'keystore.attest-destroyed', attested);
        return attested;
      } catch (error) {
        await note(actor, 'keystore.attest-destroyed', asked, 'refused');
        throw error;
      }
    },
  };
}
