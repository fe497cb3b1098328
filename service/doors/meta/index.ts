import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { compressReplies } from '../../http/compressed-replies.ts';
import type { GaugeSample, Metrics } from '../../http/metrics.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { docsPage } from './docs-page.ts';
import { errorPages } from './error-pages.ts';
import { frontPage } from './front-page.ts';
import { serveMetrics } from './metrics-route.ts';
import { type FamilyParts, openApiDocument } from './openapi.ts';
import { type DocumentFamily, documentFamilies, familyDocument } from './openapi-families.ts';
import type { ApplianceStatus } from './status.ts';
import { testPeople } from './test-people.ts';
import { fromReadiness, fromStatus, fromStatusToGauges } from './translate.ts';
import {
  HealthReply,
  HealthStateReply,
  NotOpenHealthReply,
  NotReadyReply,
  notReadyForOthers,
  ReadyReply,
} from './wire.ts';

export type { ApplianceStatus } from './status.ts';

export interface MetaDeps {
  version: string;
  families: FamilyParts;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  status: () => Promise<ApplianceStatus>;
  /** Figures of the database, the disk and the certificate. */
  gauges?: () => Promise<GaugeSample[]>;
  metricsToken?: string | undefined;
}

/** Load balancers ask without a `Host` of the appliance; they get the state alone, and so does a page of another name. */
const quietly = { access: 'public', quiet: true, anyHost: true } as const;

/** `/`, `/health`, `/ready`, `/openapi.json`, `/docs`: without a key, and without anything personal or secret; `/metrics` for the operator. */
export function createMetaDoor(deps: MetaDeps): FastifyPluginAsync {
  return async (app) => {
    const startedAt = deps.clock.now();
    const uptime = () => (deps.clock.now() - startedAt) / 1000;
    serveState(app, deps, uptime);
    await app.register(async (figures) =>
      serveMetrics(figures, {
        ...deps,
        read: async () => [
          ...fromStatusToGauges(await deps.status(), uptime()),
          ...((await deps.gauges?.()) ?? []),
        ],
      }),
    );
    await app.register(async (documents) => serveDocument(documents, deps));
    await app.register(frontPage, { version: deps.version });
    await app.register(errorPages);
    await app.register(testPeople);
    await app.register(docsPage);
  };
}

/** `/health` and `/ready`. */
function serveState(app: FastifyInstance, { status, version, log }: MetaDeps, uptime: () => number): void {
  app.get(
    '/health',
    {
      config: quietly,
      schema: {
        operationId: 'health',
        summary: 'Health',
        description:
          'Models, providers, storage, queue and warnings; `status` alone for a `Host` that is not of this appliance. Answers 200 as long as the service runs, also when `status` is `unavailable`; use `/ready` to decide whether to send requests.',
        tags: ['meta'],
        response: { 200: z.union([HealthReply, NotOpenHealthReply, HealthStateReply]) },
      },
    },
    async (request) => {
      const reply = fromStatus(await status(), version, uptime());
      return request.isForOwnHost ? reply : ({ status: reply.status } satisfies HealthStateReply);
    },
  );

  app.get(
    '/ready',
    {
      config: quietly,
      schema: {
        operationId: 'ready',
        summary: 'Readiness',
        description:
          '200 if the service takes requests; 503 with the reason while it starts, stops or cannot work. Any `Host`, and none, is answered; the reason only for one of this appliance.',
        tags: ['meta'],
        response: { 200: ReadyReply, 503: NotReadyReply },
      },
    },
    async (request, reply) => {
      const answer = await status().then(fromReadiness, (error: unknown): NotReadyReply => {
        log.error({ requestId: request.id, err: error }, 'the state of the appliance cannot be read');
        return { ready: false, reason: 'The state of the appliance cannot be read; the log says why.' };
      });
      const shown = answer.ready || request.isForOwnHost ? answer : notReadyForOthers;
      return reply.code(answer.ready ? 200 : 503).send(shown);
    },
  );
}

function serveDocument(app: FastifyInstance, { version, families }: MetaDeps): void {
  let document: Promise<{ content: Record<string, unknown>; text: Buffer }> | undefined;
  const whole = () =>
    (document ??= openApiDocument(app.published, version, families).then((content) => ({
      content,
      text: Buffer.from(JSON.stringify(content)),
    })));
  compressReplies(app);
  app.get(
    '/openapi.json',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'openapi',
        summary: 'OpenAPI document',
        description: 'This document: OpenAPI 3.1, generated from the schemas that validate requests.',
        tags: ['meta'],
        response: { 200: z.looseObject({}).describe('OpenAPI 3.1 document') },
      },
    },
    async (_, reply) => {
      return reply.type('application/json; charset=utf-8').send((await whole()).text);
    },
  );
  const parts = new Map<DocumentFamily, Buffer>();
  app.get<{ Params: FamilyParams }>(
    '/openapi/:family',
    {
      config: { access: 'public', refuses: ['NOT_FOUND'] },
      schema: {
        operationId: 'openapiOfFamily',
        summary: 'OpenAPI document of one API',
        description:
          'The part of the document that an application of one API needs: a client generated from it has nothing else.',
        tags: ['meta'],
        params: FamilyParams,
        response: { 200: z.looseObject({}).describe('OpenAPI 3.1 document') },
      },
    },
    async ({ params }, reply) => {
      const family = params.family.slice(0, -'.json'.length) as DocumentFamily;
      const part =
        parts.get(family) ?? Buffer.from(JSON.stringify(familyDocument((await whole()).content, family)));
      parts.set(family, part);
      return reply.type('application/json; charset=utf-8').send(part);
    },
  );
}

const FamilyParams = z.object({
  family: z
    .enum(Object.keys(documentFamilies).map((family) => `${family}.json`))
    .describe('Name of the API, with `.json`'),
});
type FamilyParams = z.output<typeof FamilyParams>;
