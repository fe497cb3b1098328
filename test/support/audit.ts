import { type Audit, type AuditDeps, createAudit } from '../../service/engine/audit/index.ts';

/** An audit log for parts that write nothing personal into it. */
export const createTestAudit = (deps: Pick<AuditDeps, 'ids' | 'clock'>): Audit =>
  createAudit({
    ...deps,
    sealer: { seal: () => Promise.reject(new Error('no personal detail was expected here')) },
  });
