import type { Gatehouse } from '../../service/compose/compose.ts';
import { pageConsent } from '../../service/engine/sessions/index.ts';
import type { Realm } from '../../service/engine/subjects/index.ts';
import { by } from './audited.ts';

/** A session that no person has opened yet. */
export async function createLiveSession(gatehouse: Gatehouse, realm: Realm): Promise<string> {
  const { id } = await gatehouse.liveSessions.create({
    ...{ flow: 'api', realm, actor: by.actor, match: 'none' },
    expiresAt: gatehouse.clock.now() + 600_000,
    page: { consent: pageConsent('Acme', 'none') },
  });
  return id;
}
