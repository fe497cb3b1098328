import { isHeld } from '../../service/engine/consent/index.ts';
import { createErasure, type ErasureDeps, keptByRecord } from '../../service/engine/people/index.ts';
import { isHeldByScope } from '../../service/engine/uniqueness/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openSigningKeys, verifySignature } from '../../service/storage/keys/signing-keys.ts';
import { createMasterKey } from '../../service/storage/master/master-key.ts';
import type { Engine } from './engine.ts';

/** The erasure of an engine, with other parts in place of its own where given: what a second start finds, or a part that fails. */
export async function openErasure(engine: Engine, over: Partial<ErasureDeps> = {}) {
  const master = createMasterKey(new Uint8Array(32).fill(7));
  const signing = await openSigningKeys({ keys: engine.keys, master });
  return createErasure({
    ...engine,
    dialect: 'sqlite',
    signing: { ...signing, verify: verifySignature },
    isHeld: async (tx, subject) => (await isHeld(tx, subject)) || isHeldByScope(tx, subject),
    galleries: () => engine.models.current().galleries,
    appliance: async () => 'apl_test',
    kept: keptByRecord,
    log: silentLog,
    ...over,
  });
}
