import { generateKeyPairSync } from 'node:crypto';
import { type Actor, type AuditLine, createOwnEnd } from '../../service/engine/audit/index.ts';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { DatabaseLocation } from '../../service/storage/connection.ts';
import { createTestAuditLog, noteIn } from './audit.ts';
import { openTestDatabase } from './memory-database.ts';
import { createSigner } from './signer.ts';

const ada: Actor = { is: 'operator', name: 'ada' };

/** What an appliance keeps apart from its database: the signing key, and the notes beside the keys. */
export const newSafe = () => ({
  pair: generateKeyPairSync('ed25519'),
  notes: new Map<string, string>(),
  /** Ids that were given, over all databases. */
  ids: 0,
});

/** A database (SQLite in memory unless given) with an audit log on it, and a clock that stands until it is moved. */
export async function startAudited({
  location = { kind: 'sqlite-memory' },
  safe = newSafe(),
  keptIn,
}: {
  location?: DatabaseLocation;
  safe?: ReturnType<typeof newSafe>;
  /** File of the machine in which the ends of the chains are kept, as where the record lies elsewhere. */
  keptIn?: string;
} = {}) {
  let now = Date.UTC(2026, 10, 20, 12);
  const clock = { now: () => now };
  const ids = createIds(clock, (into) => new DataView(into.buffer).setUint32(12, ++safe.ids));
  const logged: unknown[] = [];
  const log = { ...silentLog, error: (...words: unknown[]) => void logged.push(words) };
  const database = await openTestDatabase(location, { clock, log });
  const { db, close } = database;
  const end = createOwnEnd();
  const inTransaction = end.watched(database.inTransaction);
  const open = (node?: string) =>
    createTestAuditLog({
      db,
      inTransaction,
      ids,
      clock,
      log,
      signing: createSigner(safe.pair),
      note: noteIn(safe.notes),
      machine: node === undefined && keptIn !== undefined ? { file: keptIn, end } : undefined,
      node: node === undefined ? undefined : { id: node, version: '0.2.0', address: 'http://127.0.0.1' },
    });
  const auditLog = open();
  /** Actions that the service has none of, too: what the log is for its lines does not depend on them. */
  const line = (more: Partial<Omit<AuditLine, 'action'>> & { action?: string } = {}) =>
    ({ actor: ada, action: 'thing.do', ...more }) as AuditLine;
  return {
    db,
    inTransaction,
    auditLog,
    audit: auditLog.audit,
    safe,
    logged,
    close,
    /** The log of a node, on the same database. */
    ofNode: (node: string) => open(node),
    advance(milliseconds: number) {
      now += milliseconds;
    },
    line,
    /** So many lines, each in a transaction of its own. */
    async add(count: number, more: Parameters<typeof line>[0] = {}) {
      for (let i = 0; i < count; i++) await auditLog.record(line({ target: `thing_${i}`, ...more }));
    },
    stored: () => db.selectFrom('audit').selectAll().orderBy('seq').execute(),
    checkpoints: () => db.selectFrom('audit_checkpoint').selectAll().orderBy('seq').execute(),
  };
}

export type Audited = Awaited<ReturnType<typeof startAudited>>;

export const by = { actor: ada };
