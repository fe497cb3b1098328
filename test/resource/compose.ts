import { createDoor } from '../../service/doors/admin/door.ts';
import { controlMount } from '../../service/doors/admin/mount.ts';
import { createServer } from '../../service/http/server.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { Engine } from '../support/engine.ts';
import { createLockers } from './locker.ts';
import { lockerRoutes } from './lockers.ts';

/** In the product a line each: where the feature is built, and in the list of resources of the door. */
export async function openLockers(engine: Engine) {
  let made = 0;
  const lockers = createLockers({ ...engine, nextId: () => `lck_${++made}` });
  const app = createServer({ ids: engine.ids, log: silentLog });
  await app.register(createDoor(lockerRoutes({ lockers }), controlMount(engine.organizations)));
  return app;
}
