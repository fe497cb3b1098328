import Sqlite from 'better-sqlite3';

/** Read from the copy itself, so that a backup's header describes the moment of the copy. */
export interface CopyFacts {
  schema: string;
  organizations: string[];
  /** The last line of the audit chain; where nodes write, of the chain of the last of them by name. */
  audit?: { seq: number; hash: string };
}

export function readCopyFacts(path: string): CopyFacts {
  const copied = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const schema = copied.prepare('select max(name) from schema_migration').pluck().get() as string;
    const organizations = copied.prepare('select id from organization order by id').pluck().all() as string[];
    const head = copied
      .prepare('select seq, hash from audit where seq is not null order by chain desc, seq desc limit 1')
      .get() as { seq: number; hash: string | null } | undefined;
    return { schema, organizations, ...(head?.hash ? { audit: { seq: head.seq, hash: head.hash } } : {}) };
  } finally {
    copied.close();
  }
}
