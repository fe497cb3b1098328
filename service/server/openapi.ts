import { type AdminDeps, createDocumentedAdminDoor } from '../doors/admin/index.ts';
import { createKioskDoor, type KioskDoorDeps } from '../doors/kiosk/index.ts';
import { createLiveDoor, type LiveDoorDeps } from '../doors/live/index.ts';
import { openApiDocument as describeRoutes } from '../doors/meta/openapi.ts';
import { type DocumentFamily, documentFamilies, familyDocument } from '../doors/meta/openapi-families.ts';
import { adminDocument } from '../doors/meta/openapi-words.ts';
import { createMetrics } from '../http/metrics.ts';
import { createServer } from '../http/server.ts';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { productVersion } from '../lib/version.ts';
import { alone } from '../storage/position/position.ts';
import { createPublicServer, families } from './public-server.ts';

/** The OpenAPI 3.1 document as `/openapi.json` serves it, or that of one API. No engine is behind the doors: only their schemas are read. */
export async function openApiDocument(family?: string): Promise<unknown> {
  const app = await createPublicServer(
    {
      ...({} as AdminDeps),
      access: {} as never,
      administrators: {} as never,
      organizations: {} as never,
      tokens: {} as never,
      kiosks: {} as never,
      sessions: {} as never,
      setup: {} as never,
      limits: {} as never,
      captures: {} as never,
      liveSessions: {} as never,
      orders: { links: {} } as never,
      checks: {} as never,
      personTokens: {} as never,
      verifyToken: undefined as never,
      callbacks: {} as never,
      uniqueness: {} as never,
      verdicts: {} as never,
      behaviorChallenges: {} as never,
      heartbeats: {} as never,
      idempotency: {} as never,
      position: alone,
      alerts: {} as never,
      status: undefined as never,
      readiness: undefined as never,
      metrics: createMetrics({ processMetrics: false }),
      clock: systemClock,
      ids: createIds(systemClock),
      log: silentLog,
    },
    { trustedProxies: [] },
  );
  await app.ready();
  const document = await describeRoutes(app.published, productVersion(), families);
  await app.close();
  const whole = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
  if (family === undefined) return whole;
  if (family in documentFamilies) return familyDocument(whole, family as DocumentFamily);
  throw new Problem('INVALID_REQUEST', `There is no API with the name ${family}.`);
}

/** The OpenAPI 3.1 document of every administrative route, for all callers. */
export async function adminOpenApiDocument(): Promise<unknown> {
  const app = createServer({ access: {} as never, ids: createIds(systemClock), log: silentLog });
  await app.register(createDocumentedAdminDoor());
  await app.ready();
  const document = await describeRoutes(
    app.published,
    productVersion(),
    { ...families, webhooks: [] },
    adminDocument,
  );
  await app.close();
  return JSON.parse(JSON.stringify(document));
}

/** What the pages of kiosks and of people before a camera ask: it is in no document that the appliance serves. */
export async function pagesOpenApiDocument(): Promise<unknown> {
  const app = createServer({ access: {} as never, ids: createIds(systemClock), log: silentLog });
  await app.register(createKioskDoor({} as KioskDoorDeps));
  await app.register(createLiveDoor({} as LiveDoorDeps));
  await app.ready();
  const shown = app.published.map((route) => ({ ...route, schema: { ...route.schema, hide: false } }));
  const document = await describeRoutes(
    shown,
    productVersion(),
    { ...families, webhooks: [] },
    adminDocument,
  );
  await app.close();
  return JSON.parse(JSON.stringify(document));
}
