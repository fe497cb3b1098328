import { randomFillSync } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { Problem } from '../../lib/problem.ts';
import type { Random } from '../sealing/aes-gcm.ts';
import { createMasterKey, MASTER_KEY_BYTES, masterKeyId, type SharedMasterKey } from './master-key.ts';
import type { HeldKey, MasterKeyProvider } from './master-key-provider.ts';
import { destroySecretFile, readSecretFile, replaceSecretFile, writeSecretFile } from './secret-file.ts';

const HEADER = 'gatehouse-master-key-v1';

export interface MasterKeyFile extends MasterKeyProvider {
  /** Creates the file at the first start. Never replaces an existing one. */
  create(): Promise<SharedMasterKey>;
}

/**
 * A file that only its owner may read, one line: `gatehouse-master-key-v1 <base64url>`. The other place is `path` with `.next`
 * behind it, on the same medium.
 */
export function masterKeyFile(path: string, random: Random = randomFillSync): MasterKeyFile {
  // A link stays a link: what it points to is replaced.
  const place = existsSync(path) ? realpathSync(path) : path;
  const next = `${place}.next`;

  function newKey(): Uint8Array {
    const key = new Uint8Array(MASTER_KEY_BYTES);
    random(key);
    return key;
  }

  return {
    kind: 'file',
    name: `the file ${path}`,
    path,
    asks: 'nothing',
    held: () => ({ current: readHeldKey(place), next: readHeldKey(next) }),
    carried: () => '',
    open: async (which) => createMasterKey(readKey(which === 'current' ? place : next), random),
    async prepare() {
      const key = newKey();
      writeSecretFile(next, line(key));
      return createMasterKey(readKey(next), random);
    },
    async create() {
      writeSecretFile(place, line(newKey()), { replace: false });
      return createMasterKey(readKey(place), random);
    },
    commit: async () => replaceSecretFile(place, next),
    async remove() {
      destroySecretFile(next);
      destroySecretFile(place);
    },
  };
}

const line = (key: Uint8Array) => `${HEADER} ${Buffer.from(key).toString('base64url')}\n`;

function readHeldKey(path: string): HeldKey {
  if (!existsSync(path)) return { is: 'none' };
  try {
    return { is: 'key', id: masterKeyId(readKey(path)) };
  } catch (error) {
    if (error instanceof Problem) return { is: 'unusable', problem: error };
    const problem = new Problem('SEALED', `The master key ${path} cannot be read.`, { cause: error });
    return { is: 'unusable', problem };
  }
}

function readKey(path: string): Uint8Array {
  const [header, encoded, ...rest] = readSecretFile(path, 'The master key').trim().split(' ');
  const key = Buffer.from(encoded ?? '', 'base64url');
  if (
    header !== HEADER ||
    rest.length > 0 ||
    key.length !== MASTER_KEY_BYTES ||
    key.toString('base64url') !== encoded
  ) {
    throw new Problem(
      'SEALED',
      `The master key ${path} is damaged: it should hold one line, "${HEADER}" and ${MASTER_KEY_BYTES} bytes in base64url. Put it back from where you keep its copy.`,
    );
  }
  return key;
}
