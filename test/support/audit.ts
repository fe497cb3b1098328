import { generateKeyPairSync } from 'node:crypto';
import {
  type Audit,
  type AuditDeps,
  type AuditLog,
  type AuditLogDeps,
  type CheckpointNote,
  createAudit,
  createAuditLog,
} from '../../service/engine/audit/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createSigner } from './signer.ts';

/** An audit log for parts that write nothing personal into it. */
export const createTestAudit = (deps: Pick<AuditDeps, 'ids' | 'clock' | 'chain' | 'added'>): Audit =>
  createAudit({
    ...deps,
    sealer: { seal: () => Promise.reject(new Error('no personal detail was expected here')) },
  });

/** The note in memory, unprotected: what stands in the map is taken for what was written. */
export const noteIn = (notes: Map<string, string>): CheckpointNote => ({
  async read() {
    const text = notes.get('audit/checkpoint');
    return text === undefined ? { is: 'none' } : { is: 'sound', text };
  },
  write: async (change) => void notes.set('audit/checkpoint', change(notes.get('audit/checkpoint'))),
  copies: async () => [],
});

/** The same with everything around it: keys and notes in memory. */
export function createTestAuditLog(
  deps: Pick<AuditDeps, 'ids' | 'clock'> &
    Pick<AuditLogDeps, 'db' | 'inTransaction'> &
    Partial<Pick<AuditLogDeps, 'signing' | 'note' | 'log' | 'node' | 'machine'>>,
): AuditLog & { audit: Audit; notes: Map<string, string> } {
  const notes = new Map<string, string>();
  const audit = createTestAudit({ ...deps, chain: deps.node?.id, added: deps.machine?.end.added });
  const log = createAuditLog({
    audit,
    signing: createSigner(generateKeyPairSync('ed25519')),
    note: noteIn(notes),
    appliance: 'apl_test',
    log: silentLog,
    ...deps,
  });
  return { ...log, audit, notes };
}
