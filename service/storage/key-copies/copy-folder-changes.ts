import { lstat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { outsideFolder } from '../../lib/outside-folder.ts';
import { Problem } from '../../lib/problem.ts';
import { createOneAtATime } from '../../lib/turns.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { FormerCopy, StoredCopy } from './copy-folders.ts';
import { type CopyReport, CopyTrouble } from './copy-status.ts';
import { COPY_NAME } from './key-copy-file.ts';
import { type CopyFolder, newCopyId } from './key-copy-folder.ts';
import { type CopyThread, PATIENCE } from './key-copy-thread.ts';
import type { OtherCopy } from './node-copies.ts';

/** Which places there are. One change at a time. */
export interface CopyFolderChanges {
  /**
   * Makes the copy and keeps it up to date from now on. A place that is there already is only brought up to date. Throws
   * INVALID_REQUEST for a folder that cannot be a place and CONFLICT for one that holds another appliance's copy.
   */
  add(folder: string): Promise<CopyReport>;
  /**
   * Keeps it up to date no longer. `wipe` overwrites and deletes the copy first, and throws CONFLICT when it cannot be reached;
   * without, the file stays and with it every key that is destroyed from now on. Throws NOT_FOUND for no such place.
   */
  remove(folder: string, options: { wipe: boolean }): Promise<void>;
  /**
   * Takes the word of `by` that the medium of the copy which is or was kept there is destroyed: it is a place no longer, and
   * nothing waits for it. `copy` says by its id which one, where several were kept there. Throws CONFLICT when it is there after
   * all or is not the only one, NOT_FOUND when there is none.
   */
  attest(folder: string, options: { copy?: string; by: string }): Promise<{ place: string; copy?: string }>;
}

export interface CopyFolderChangesDeps {
  /** By their folders. */
  places: Map<string, CopyFolder>;
  keys: Pick<KeyStore, 'addCopy' | 'removeCopy' | 'formerCopies' | 'setFormerCopy' | 'nodeCopies'>;
  /** The data directory, which is no place for a copy. */
  data: string;
  clock: Clock;
  thread(place: string): CopyThread;
  open(stored: StoredCopy): CopyFolder;
}

/** More would only slow every write down. */
const MOST_PLACES = 8;

export function createCopyFolderChanges(deps: CopyFolderChangesDeps): CopyFolderChanges {
  const { places, keys, clock } = deps;
  const inTurn = createOneAtATime();

  const ofOther = async (place: string) =>
    (await keys.nodeCopies.others()).find((one) => one.place === place);

  async function add(folder: string): Promise<CopyReport> {
    const place = await toFolder(folder, deps.data);
    const known = places.get(place);
    if (known) {
      await known.sync();
      return known.report();
    }
    const other = await ofOther(place);
    if (other) throw keptBy(other);
    if (places.size === MOST_PLACES) {
      throw new Problem('CONFLICT', `There are ${MOST_PLACES} places already: remove one first.`);
    }
    const copy = await createCopy(deps.thread(place));
    const twin = [...places.values()].map((one) => one.report()).find((one) => one.copy === copy);
    if (twin) {
      throw new Problem(
        'CONFLICT',
        `What lies in ${place} is the copy of ${twin.place}, or was copied from it: take that place out first ("gatehouse keystore remove ${twin.place}"), or move ${COPY_NAME} away.`,
      );
    }
    await keys.addCopy(place, copy);
    const made = deps.open({ place, copy, addedAt: clock.now(), behindSince: undefined });
    places.set(place, made);
    await made.sync();
    return made.report();
  }

  async function remove(folder: string, { wipe }: { wipe: boolean }): Promise<void> {
    const name = resolve(folder);
    const place = places.get(name);
    const other = place ? undefined : await ofOther(name);
    if (other) throw keptBy(other);
    if (!place) {
      throw new Problem(
        'NOT_FOUND',
        `${name} is not a place of the key store: "gatehouse keystore places" lists them.`,
      );
    }
    if (wipe) {
      await place.wipe().catch((error: unknown) => {
        throw new Problem(
          'CONFLICT',
          `The copy was not wiped. ${describe(error)} Without --wipe the place is taken out and its copy stays as it is, with the keys of all people who are erased from now on.`,
        );
      });
    }
    await forget(place, wipe ? 'wiped' : 'left', '');
  }

  async function forget(place: CopyFolder, fate: FormerCopy['fate'], by: string): Promise<void> {
    const { place: name, copy, since } = place.report();
    const former = defined({ place: name, copy, fate, by, at: clock.now(), behindSince: since });
    await keys.removeCopy(name, former);
    places.delete(name);
    await place.close();
  }

  async function attest(folder: string, { copy, by }: { copy?: string; by: string }) {
    const name = resolve(folder);
    const place = places.get(name);
    const other = place ? undefined : await ofOther(name);
    if (other?.holder) throw keptBy(other);
    if (other) {
      const { copy: id, behindSince } = other;
      await keys.removeCopy(
        name,
        defined({ place: name, copy: id, fate: 'attested' as const, by, at: clock.now(), behindSince }),
      );
      return defined({ place: name, copy: id });
    }
    await place?.sync();
    const now = place?.report();
    const left = (await keys.formerCopies()).filter((one) => one.place === name && one.fate === 'left');
    const only = chooseAbsent(name, now, left, copy);
    if (place && only === now) await forget(place, 'attested', by);
    else await keys.setFormerCopy({ ...(only as FormerCopy), fate: 'attested', by, at: clock.now() });
    return { place: name, ...defined({ copy: only.copy }) };
  }

  return {
    add: (folder) => inTurn(() => add(folder)),
    remove: (folder, options) => inTurn(() => remove(folder, options)),
    attest: (folder, options) => inTurn(() => attest(folder, options)),
  };
}

const keptBy = ({ place, holder }: OtherCopy): Problem =>
  new Problem(
    'CONFLICT',
    holder
      ? `${place} is a place of another node (${holder}), on its machine: ask there, or choose another folder.`
      : `${place} is a place of a node that does not run: start it, or where its medium is destroyed, say so ("gatehouse keystore remove ${place} --destroyed").`,
  );

/** The one copy of the place that is not there; `id` says which, where there are several. */
function chooseAbsent(
  name: string,
  now: CopyReport | undefined,
  left: readonly FormerCopy[],
  id: string | undefined,
): CopyReport | FormerCopy {
  const away = now?.state === 'unreachable' ? [now] : [];
  const meant = [...away, ...left].filter((one) => id === undefined || one.copy === id);
  const [only, another] = meant;
  if (!only && now && away.length === 0) {
    throw new Problem(
      'CONFLICT',
      `The copy in ${name} is there (${now.state}): "gatehouse keystore remove ${name} --wipe" destroys it.`,
    );
  }
  if (!only) throw new Problem('NOT_FOUND', `No copy that could be destroyed was kept in ${name}.`);
  if (another) {
    throw new Problem(
      'CONFLICT',
      `Several copies were kept in ${name}: say with --copy which is destroyed, ${meant.map((one) => one.copy ?? 'one without id').join(' or ')}. Receipts that wait for a copy name its id.`,
    );
  }
  return only;
}

/** The id of the copy that is there then: one that was kept before stays the same. Throws for a place where nothing can be made. */
async function createCopy(thread: CopyThread): Promise<string> {
  try {
    const task = { is: 'identify', copy: newCopyId(), create: true } as const;
    return (await thread.run(task, PATIENCE.finish)).copy;
  } catch (error) {
    const taken = error instanceof CopyTrouble && (error.is === 'foreign' || error.is === 'newer');
    throw new Problem(taken ? 'CONFLICT' : 'INVALID_REQUEST', describe(error));
  } finally {
    await thread.close();
  }
}

const describe = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The folder's real path. Throws INVALID_REQUEST. */
async function toFolder(folder: string, data: string): Promise<string> {
  const name = isAbsolute(folder) ? resolve(folder) : folder;
  const found = await lstat(name).catch(() => undefined);
  if (isAbsolute(folder) && found?.isSymbolicLink())
    throw new Problem('INVALID_REQUEST', `${name} is a symbolic link: give the folder that it points to.`);
  const inside = `a copy there is lost with it, and would come into its backups. Choose a folder on another disk for ${COPY_NAME}.`;
  return outsideFolder(name, { data, what: 'place', inside });
}
