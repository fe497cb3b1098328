import { join } from 'node:path';
import { createEvents } from '../../service/engine/events/index.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';

const PAGE = 500;

/** Writes `count` events of the live world into the outbox of a data directory without a running service. */
export async function addEvents(data: string, organization: OrganizationId, count: number): Promise<void> {
  const clock = systemClock;
  const location = { kind: 'sqlite', path: join(data, 'gatehouse.db') } as const;
  const { db, inTransaction, close } = await openDatabase(location, { clock, log: silentLog });
  const { sealer, close: closeVault } = await openVault(data, { db, clock, log: silentLog });
  const events = createEvents({ ids: createIds(clock), clock, sealer });
  for (let from = 0; from < count; from += PAGE) {
    await inTransaction(async (tx) => {
      for (let number = from; number < Math.min(count, from + PAGE); number++) {
        await events.add(tx, {
          type: 'verification.refused',
          organization,
          world: 'live',
          payload: {
            verification: `ver_${number}`,
            kind: '1:1',
            profile: 'standard',
            actor: 'key:none',
            notPassed: ['faceMatch'],
          },
        });
      }
    });
  }
  await closeVault();
  await close();
}
