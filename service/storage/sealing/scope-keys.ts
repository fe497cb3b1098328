import { createHmac } from 'node:crypto';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { secretBound } from '../keys/wrapped-key.ts';
import { writeWrapped } from '../keys/write-wrapped.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { Random } from './aes-gcm.ts';

/**
 * Secret keys of an organization by name, from which keyed values are made and nothing is sealed: they lie in the key store, wrapped by
 * the master key. Once a key is destroyed no value of it is made or recognized again.
 */
export interface ScopeKeys {
  /** Those there are. */
  names(organization: OrganizationId): string[];
  /** A new key, on disk when it resolves; nothing where there is one. */
  make(organization: OrganizationId, name: string): Promise<void>;
  /** HMAC-SHA-256 of the text, hex. Throws SEALED without the key. */
  mac(organization: OrganizationId, name: string, text: string): string;
  /** Unreadable in the key store and its current copies when it resolves. */
  destroy(organization: OrganizationId, name: string): Promise<void>;
}

export interface ScopeKeysDeps {
  keys: Pick<KeyStore, 'secrets' | 'addSecret' | 'removeSecret'>;
  master: MasterKey;
  random: Random;
}

const LENGTH = 32;
const secretName = (organization: string, name: string) => `scope/${organization}/${name}`;

/** Opens the keys there are. Throws SEALED when one does not open. */
export async function openScopeKeys({ keys, master, random }: ScopeKeysDeps): Promise<ScopeKeys> {
  const opened = new Map<string, Uint8Array>();
  for (const { name, wrapped } of await keys.secrets()) {
    if (!name.startsWith('scope/')) continue;
    const secret = await master.unwrap(wrapped, secretBound(name));
    if (secret === undefined)
      throw new Problem(
        'SEALED',
        `The secret "${name}" does not open with this master key: put back the newest copy of the key store, and the master key that belongs to it.`,
      );
    opened.set(name, secret);
  }

  return {
    names(organization) {
      const prefix = secretName(organization, '');
      return [...opened.keys()].flatMap((name) =>
        name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
      );
    },
    async make(organization, name) {
      const full = secretName(organization, name);
      if (opened.has(full)) return;
      const secret = new Uint8Array(LENGTH);
      random(secret);
      await writeWrapped(master, async (id) =>
        keys.addSecret({
          name: full,
          master: id,
          wrapped: await master.wrap(secret, secretBound(full)),
          details: '{}',
        }),
      );
      opened.set(full, secret);
    },
    mac(organization, name, text) {
      const secret = opened.get(secretName(organization, name));
      if (!secret)
        throw new Problem(
          'SEALED',
          `The key store lacks the key "${name}" of the organization ${organization}: put back the newest copy of the key store.`,
        );
      return createHmac('sha256', secret).update(text).digest('hex');
    },
    async destroy(organization, name) {
      const full = secretName(organization, name);
      await keys.removeSecret(full);
      opened.get(full)?.fill(0);
      opened.delete(full);
    },
  };
}
