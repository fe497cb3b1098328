import type { Contents } from './read-contents.ts';

/** What expected.json of a fixture says beside the data directory. Its keys protect nothing. */
export interface Expected {
  /** Of the product that wrote it. */
  version: string;
  commit: string;
  /** Beyond it nothing was written; ISO 8601 UTC. */
  writtenAt: string;
  organization: string;
  otherOrganization: string;
  keys: Record<KeyName, string>;
  /** Id and secret of the webhook whose deliveries wait. */
  webhook: { id: string; secret: string };
  /** The person that was erased after the backup was written. */
  erased: { userId: string; email: string };
  contents: Contents;
}

/** `door`: may only verify, with the profile `front-door`, from loopback. */
export type KeyName = 'live' | 'test' | 'door' | 'admin' | 'revoked' | 'other';

/** Paths in data-directory.tar.gz. */
export const packed = {
  archive: 'data-directory.tar.gz',
  data: 'data',
  backups: 'backups',
  /** The copy of the key store that the backup needs. */
  keyCopy: 'key-copy',
  audit: 'audit.jsonl',
  auditKeys: 'audit-keys.pem',
  receipt: 'receipt.json',
} as const;

export const profiles = ['default', 'front-door'] as const;
