import { randomFillSync } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import { COPY_NAME } from '../key-copies/key-copy-file.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { KeySchema } from '../keys/key-store-schema.ts';
import { NODE_LINK } from '../keys/node-link.ts';
import { randomKey } from '../keys/organization-keys.ts';
import { lookupBound, organizationBound, secretBound } from '../keys/wrapped-key.ts';
import type { MasterKey, SharedMasterKey } from './master-key.ts';
import { masterKeyFile } from './master-key-file.ts';
import {
  type CurrentMaster,
  LENT_NOTE,
  MASTER_NOTE,
  type MasterKeyProvider,
  PASSPHRASE_NOTE,
  readMasterRecord,
  recordReplacement,
} from './master-key-provider.ts';
import { giveNextMaster, NodesUnreachable, requireNoKeepers } from './next-master.ts';
import { rewrapForNodes } from './node-joins.ts';
import type { MasterKeySources } from './open-master.ts';

interface MasterCareDeps {
  keys: KeyStore;
  master: CurrentMaster;
  clock: Clock;
  /** Milliseconds for which other nodes are waited for. */
  patience?: number;
}

/** What can be done with the master key in use. */
export function createMasterCare(deps: MasterCareDeps & { sources: MasterKeySources }) {
  const { master, sources } = deps;
  return {
    state: (): { id: string; kind: 'file' | 'passphrase'; path: string } => ({
      id: master.id,
      kind: master.provider.kind,
      path: master.provider.path,
    }),
    async prove(passphrase: string | undefined): Promise<void> {
      if (master.provider.asks === 'passphrase') await master.provider.open('current', passphrase);
    },
    rotate: (passphrase: string | undefined): Promise<Replacement> =>
      replaceMaster(deps, master.provider, passphrase),
    toPassphrase: (passphrase: string): Promise<Replacement> =>
      replaceMaster(deps, sources.passphrase, passphrase),
    async changePassphrase(passphrase: string, next: string): Promise<void> {
      const { joined } = sources;
      if (joined && master.provider === joined) return joined.change(passphrase, next);
      await sources.passphrase.change(passphrase, next);
      await deps.keys.replaceNote({ name: PASSPHRASE_NOTE, value: sources.passphrase.carried('current') });
    },
    async toFile(path: string | undefined): Promise<Replacement> {
      const file = path === undefined ? sources.inFolder : masterKeyFile(path);
      if (existsSync(file.path)) {
        throw new Problem(
          'CONFLICT',
          `${file.path} is there already, and a key is never written over: name another file, or rotate the key in its place with "gatehouse master rotate".`,
        );
      }
      if (path !== undefined) requireOwnFolder(file.path, sources.inFolder.path);
      return replaceMaster(deps, file);
    },
  };
}

/** Files that come and go by themselves lie in the data directory and beside a copy of the key store: a key among them is lost. */
function requireOwnFolder(path: string, inFolder: string): void {
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Problem(
      'INVALID_REQUEST',
      `${folder} is not there: mount the medium, or make the folder first.`,
    );
  }
  const real = realpathSync(folder);
  const data = realpathSync(dirname(inFolder));
  const inside = real === data || real.startsWith(data + sep);
  if (
    inside
      ? join(real, basename(path)) !== join(data, basename(inFolder))
      : basename(path).startsWith(COPY_NAME)
  ) {
    throw new Problem(
      'INVALID_REQUEST',
      `${path} is where Gatehouse keeps files of its own: name another file, on another medium.`,
    );
  }
}

interface Replacement {
  /** Ids of the master keys. */
  was: string;
  is: string;
  /** Why the replaced key could not be removed; it opens nothing any more, and the next start tries again. */
  left?: string;
}

const TRIES = 3;

/**
 * Puts a new master key in the place of the one in use, kept by `to`; nothing that is sealed is touched, and everything can be
 * read and written meanwhile. The order makes every crash harmless: the new key is on disk beside the old, then all rows are
 * rewrapped in one transaction, then the new key takes its place and the old one is overwritten. Before the transaction the
 * next start goes on with the old key; after it, with the new one, and completes what is left. Nodes that run have the new key before the
 * transaction, those that do not get it in the transaction.
 */
export async function replaceMaster(
  { keys, master, clock, patience }: MasterCareDeps,
  to: MasterKeyProvider,
  passphrase?: string,
): Promise<Replacement> {
  const from = master.provider;
  const was = master.id;
  if (from.kind === 'file' && (await keys.note(LENT_NOTE)) !== undefined) {
    throw new Problem(
      'CONFLICT',
      `This directory is a trial (restore --drill) and reads ${from.path}, the master key of the original: replacing it here would leave the original without one. Nothing was changed.`,
    );
  }
  await requireNoKeepers({ keys });
  // What was left half done must not be written over: it may hold the key in use.
  const { next } = from.held();
  if (next.is === 'key' && next.id === was) await from.commit();
  if ((await keys.masters()).some((id) => id !== was)) {
    throw new Problem(
      'SEALED',
      'An earlier rotation of the master key is not completed: restart the service.',
    );
  }
  const prepared = await to.prepare(passphrase);
  for (let attempt = 1; ; attempt++) {
    try {
      const record = recordReplacement(await readMasterRecord(keys), {
        was,
        at: clock.now(),
        kind: to.kind,
        path: to.path,
      });
      const answered = await giveNextMaster({ keys, master, patience }, prepared);
      master.expect(prepared, to);
      await rewrap({ keys, from: master, to: prepared, answered }, [
        { name: MASTER_NOTE, value: record },
        { name: PASSPHRASE_NOTE, value: to.carried('next') },
      ]);
      break;
    } catch (error) {
      // On disk all the same: what failed came after, such as emptying the log.
      if ((await keys.masters()).includes(prepared.id)) break;
      const moved = error instanceof Problem && error.code === 'CONFLICT';
      if (moved && attempt < TRIES && !(error instanceof NodesUnreachable)) continue;
      master.expect(undefined, to);
      throw error;
    }
  }
  master.replace(prepared, to);
  try {
    await to.commit();
    if (to.path !== from.path) await from.remove();
    return { was, is: prepared.id };
  } catch (error) {
    return { was, is: prepared.id, left: error instanceof Error ? error.message : String(error) };
  }
}

interface Rewrap {
  keys: KeyStore;
  from: MasterKey;
  to: SharedMasterKey;
  answered: Awaited<ReturnType<typeof giveNextMaster>>;
}

async function rewrap(
  { keys, from, to, answered }: Rewrap,
  notes: { name: string; value: string }[],
): Promise<void> {
  const organizations = [];
  for (const row of await keys.organizations()) {
    const { organization, generation } = row;
    organizations.push({
      ...row,
      master: to.id,
      wrapped: await move(from, to, row.wrapped, organizationBound(organization, generation)),
      lookupWrapped: await move(from, to, row.lookupWrapped, lookupBound(organization)),
    });
  }
  const secrets = [];
  for (const row of await keys.secrets()) {
    secrets.push({
      ...row,
      master: to.id,
      wrapped:
        row.name === NODE_LINK
          ? await to.wrap(randomKey(randomFillSync), secretBound(row.name))
          : await move(from, to, row.wrapped, secretBound(row.name)),
    });
  }
  const ofNodes = await rewrapForNodes(keys, from, to);
  const alongside = async (tx: Transaction<KeySchema>) => {
    await answered(tx);
    await ofNodes?.(tx);
  };
  await keys.rewrapMaster({ from: from.id, to: to.id, organizations, secrets, notes, alongside });
}

async function move(from: MasterKey, to: MasterKey, wrapped: Uint8Array, bound: string): Promise<Uint8Array> {
  const plain = await from.unwrap(wrapped, bound);
  if (!plain) {
    throw new Problem(
      'SEALED',
      `"${bound}" in the key store does not open with the master key ${from.id}: nothing was changed. Put back the newest copy of the key store.`,
    );
  }
  const moved = await to.wrap(plain, bound);
  const same = await to.unwrap(moved, bound);
  const equal = same !== undefined && Buffer.compare(same, plain) === 0;
  plain.fill(0);
  same?.fill(0);
  if (equal) return moved;
  throw new Error('The new master key does not open what it wrapped.');
}
