import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { pageConsent } from '../../service/engine/live/index.ts';
import type { Realm } from '../../service/engine/people/index.ts';
import { by } from './audited.ts';
import { type SessionColumns, sessionMacs } from './session-macs.ts';

/** A session that no person has opened yet. */
export async function createLiveSession(gatehouse: Gatehouse, realm: Realm): Promise<string> {
  const { id } = await gatehouse.liveSessions.create({
    flow: 'api',
    realm,
    actor: by.actor,
    match: 'none',
    expiresAt: gatehouse.clock.now() + 600_000,
    page: { consent: pageConsent({ name: 'Acme' }, 'none') },
  });
  return id;
}

/** The same, passed without motion of the head: it waits for a person who decides. */
export async function holdLiveSession(gatehouse: Gatehouse, realm: Realm, data: string): Promise<string> {
  const id = await createLiveSession(gatehouse, realm);
  const macOf = await sessionMacs(data);
  const rows = new Database(join(data, 'gatehouse.db'), { timeout: 10_000 });
  try {
    const row = rows.prepare('select * from live_session where id = ?').get(id) as SessionColumns;
    const held = {
      state: 'processing',
      held_until: gatehouse.clock.now() + 600_000,
      outcome: JSON.stringify({
        reasons: ['WITHOUT_MOTION'],
        waits: 'without-motion',
        challengesCompleted: 2,
        processingTimeMs: 5000,
      }),
    };
    const mac = macOf({ ...row, ...held });
    rows
      .prepare(
        'update live_session set state = @state, held_until = @held_until, outcome = @outcome, mac = @mac where id = @id',
      )
      .run({ ...held, mac, id });
  } finally {
    rows.close();
  }
  return id;
}
