import { join } from 'node:path';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { Random } from '../sealing/aes-gcm.ts';
import { type JoinedMaster, joinedMaster } from './joined-master.ts';
import type { SharedMasterKey } from './master-key.ts';
import { type MasterKeyFile, masterKeyFile } from './master-key-file.ts';
import {
  type CurrentMaster,
  createCurrentMaster,
  type MasterKeyProvider,
  type MasterRecord,
  PASSPHRASE_NOTE,
  readMasterRecord,
} from './master-key-provider.ts';
import { type MasterPassphrase, masterPassphrase } from './master-passphrase.ts';
import { readSecretFile } from './secret-file.ts';

/**
 * Asks for the passphrase. `open` throws WRONG_PASSPHRASE for a wrong one and may be called again; once it has
 * resolved, the promise resolves.
 */
export type Unlock = (open: (passphrase: string) => Promise<void>) => Promise<void>;

export interface MasterKeySources {
  /** Where the first key is made. */
  file: MasterKeyFile;
  /** `master.key` in the data directory. */
  inFolder: MasterKeyFile;
  /** Every file that may hold the master key, `file` among them. */
  files: MasterKeyFile[];
  passphrase: MasterPassphrase;
  /** Where this directory joined the nodes of a record. */
  joined?: JoinedMaster | undefined;
}

interface OpenMasterDeps {
  keys: Pick<KeyStore, 'masters' | 'note' | 'replaceNote'>;
  sources: MasterKeySources;
  log: Log;
  /** The directory is new: a key may be made. */
  mayCreate: boolean;
  /** Absent: there is no way to ask. */
  unlock?: Unlock | undefined;
}

/** `masterKeyFile` overrides `master.key` in the folder; where a rotation has put it comes first. */
export async function masterKeySources(
  folder: string,
  {
    masterKeyFile: given,
    keys,
    random,
  }: {
    masterKeyFile?: string | undefined;
    keys: Pick<KeyStore, 'note' | 'nodeKeys'>;
    random?: Random;
  },
): Promise<MasterKeySources> {
  const inFolder = join(folder, 'master.key');
  const { kind, path } = await readMasterRecord(keys);
  const paths = new Set([
    ...(kind === 'file' && path !== undefined ? [path] : []),
    given ?? inFolder,
    inFolder,
  ]);
  const files = [...paths].map((one) => masterKeyFile(one, random));
  return {
    file: files.find((one) => one.path === (given ?? inFolder))!,
    inFolder: files.find((one) => one.path === inFolder)!,
    files,
    passphrase: masterPassphrase(join(folder, 'master-passphrase.json'), random ? { random } : {}),
    joined: await joinedMaster(folder, { keys, random }),
  };
}

/**
 * The master key that wrapped the key store's rows, wherever it is kept; makes one where nothing was ever wrapped. Completes a
 * rotation that was cut short after its keys were rewrapped: the new key takes its place, the replaced one is overwritten.
 * Throws SEALED, saying what is missing and the remedy.
 */
export async function openMaster(deps: OpenMasterDeps): Promise<CurrentMaster> {
  const { keys, sources, mayCreate, log } = deps;
  const [recorded, ...more] = await keys.masters();
  const record = await readMasterRecord(keys);
  if (more.length > 0) {
    throw new Problem(
      'SEALED',
      `The key store holds what several master keys wrapped (${[recorded, ...more].join(', ')}): put back its newest copy.`,
    );
  }
  const providers: MasterKeyProvider[] = [
    ...sources.files,
    sources.passphrase,
    ...(sources.joined ? [sources.joined] : []),
  ];
  const looks = providers.flatMap((provider) => {
    const held = provider.held();
    return (['current', 'next'] as const).map((which) => ({ provider, which, held: held[which] }));
  });
  const found = looks.find(
    ({ held, which }) =>
      held.is === 'key' && (recorded === undefined ? which === 'current' : held.id === recorded),
  );
  if (!found) {
    const unusable = looks.find(({ held }) => held.is === 'unusable')?.held;
    if (unusable?.is === 'unusable') throw unusable.problem;
    if (recorded !== undefined || !mayCreate) throw missing(looks, recorded, record, sources);
    return createCurrentMaster(await sources.file.create(), sources.file, keys.masters);
  }
  const { provider, which } = found;
  const master = createCurrentMaster(await openWith(provider, which, deps.unlock), provider, keys.masters);
  if (which === 'next') {
    await provider.commit();
    log.info({ master: master.id }, 'completed a rotation of the master key that was cut short');
  }
  // A change of the passphrase was cut short, or the note is older than the first one.
  const carried = provider.carried('current');
  if (((await keys.note(PASSPHRASE_NOTE)) ?? '') !== carried) {
    await keys.replaceNote({ name: PASSPHRASE_NOTE, value: carried });
  }
  const replaced = new Set(record.replaced.map(({ id }) => id));
  for (const other of providers) {
    const { current } = other.held();
    if (other === provider || current.is !== 'key' || !replaced.has(current.id)) continue;
    await other.remove();
    log.info({ master: current.id, where: other.path }, 'removed a master key that was replaced');
  }
  return master;
}

async function openWith(
  provider: MasterKeyProvider,
  which: 'current' | 'next',
  unlock: Unlock | undefined,
): Promise<SharedMasterKey> {
  if (provider.asks === 'nothing') return provider.open(which);
  if (!unlock) {
    throw new Problem(
      'SEALED',
      'The master key is protected by a passphrase: give it in a file with GATEHOUSE_PASSPHRASE_FILE, or start the service and run "gatehouse unseal".',
    );
  }
  let key: SharedMasterKey | undefined;
  await unlock(async (passphrase) => {
    key = await provider.open(which, passphrase);
  });
  if (key) return key;
  throw new Problem('SEALED', 'The passphrase of the master key was not given.');
}

function missing(
  looks: { provider: MasterKeyProvider; held: { is: string; id?: string } }[],
  recorded: string | undefined,
  record: MasterRecord,
  { file, files }: MasterKeySources,
): Problem {
  const other = looks.find(({ held }) => held.is === 'key');
  if (!other) {
    const path = (record.kind === 'file' ? files[0] : undefined)?.path ?? file.path;
    return new Problem(
      'SEALED',
      `The master key ${path} is missing, but keys wrapped by it exist: put the file back from where you keep its copy. Without it no template, name or address can be opened.`,
    );
  }
  const { provider, held } = other;
  const before = record.replaced.find(({ id }) => id === held.id);
  return new Problem(
    'SEALED',
    before
      ? `The master key in ${provider.name} (${held.id}) was replaced by another (${recorded}) on ${new Date(before.at).toISOString().slice(0, 10)} and opens nothing any more: put the new one back.`
      : `The master key in ${provider.name} (${held.id}) is not the one that wrapped the organizations' keys (${recorded}): put that one back.`,
  );
}

/** The first and only line of a file that only its owner may read; `env` as for `readSecretFile`. Throws SEALED, naming the file and the remedy. */
export function readPassphraseFile(path: string, env?: Record<string, string | undefined>): string {
  const text = readSecretFile(path, 'The passphrase file', env).replace(/\r?\n$/, '');
  if (text !== '' && !/[\r\n]/.test(text)) return text;
  throw new Problem(
    'SEALED',
    `The passphrase file ${path} must hold the passphrase, on one line, and nothing else.`,
  );
}

/** Reads the passphrase from a file, such as a systemd credential. */
export const unlockFromFile =
  (path: string): Unlock =>
  async (open) => {
    try {
      await open(readPassphraseFile(path));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'WRONG_PASSPHRASE') throw error;
      throw new Problem(
        'WRONG_PASSPHRASE',
        `${path} does not hold the passphrase of the master key: correct it, or start without it and run "gatehouse unseal".`,
      );
    }
  };
