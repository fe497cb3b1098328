import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { testPicture } from '../../engine/matching/index.ts';
import { compressReplies } from '../../http/compressed-replies.ts';
import { isLoopback } from '../../http/listening/listen-policy.ts';
import type { GaugeSample, Metrics } from '../../http/metrics.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { testOutcomes } from '../../lib/test-outcome.ts';
import { actForBox, coalesce } from '../../lib/turns.ts';
import { docsPage, errorPages, frontPage } from './docs-page.ts';
import { type FamilyParts, openApiDocument } from './openapi.ts';
import { type DocumentFamily, documentFamilies, familyDocument } from './openapi-families.ts';
import type { ApplianceStatus } from './status.ts';
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
  readiness: () => Promise<ApplianceStatus['readiness']>;
  /** Figures of the database, the disk and the certificate. */
  gauges?: () => Promise<GaugeSample[]>;
  metricsToken?: string | undefined;
}

/** Load balancers ask without a `Host` of the appliance; they get the state alone, and so does a page of another name. */
const quietly = { access: 'public', quiet: true, anyHost: true } as const;

/** `/`, `/health`, `/ready`, `/openapi.json`, `/docs`: without a key, and without anything personal or secret; `/metrics` for the operator. */
export function createMetaDoor(deps: MetaDeps): FastifyPluginAsync {
  return async (app) => {
    // Read once for all who ask at one time.
    const shared = {
      ...deps,
      status: coalesce(() => actForBox(deps.status)),
      readiness: coalesce(() => actForBox(deps.readiness)),
    };
    const startedAt = deps.clock.now();
    const uptime = () => (deps.clock.now() - startedAt) / 1000;
    serveState(app, shared, uptime);
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
function serveState(
  app: FastifyInstance,
  { status, readiness, version, log }: MetaDeps,
  uptime: () => number,
): void {
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
      const answer = await readiness().then(fromReadiness, (error: unknown): NotReadyReply => {
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
  app.get(
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

/** `/docs/test-people/verified.jpg` and its like: the drawn pictures of docs/TESTING.md. */
const testPeople: FastifyPluginAsync = async (app) => {
  for (const outcome of testOutcomes)
    app.get(
      `/docs/test-people/${outcome}.jpg`,
      { config: { access: 'public' }, schema: { hide: true } },
      async (_, reply) =>
        reply
          .type('image/jpeg')
          .header('cache-control', 'public, max-age=3600')
          .send(Buffer.from(testPicture(outcome))),
    );
};

interface MetricsRouteDeps {
  metrics: Metrics;
  clock: Clock;
  /** Bearer token of the scraper (the setting `metricsToken`); absent: programs on this machine alone. */
  metricsToken?: string | undefined;
  /** Of the state of the appliance, the database, the disk and the certificate. */
  read: () => Promise<GaugeSample[]>;
}

/** Milliseconds: however often it is asked, the text is made once in this time, and sent from one buffer. */
const KEPT = 1_000;
/** With one of these a request came through a proxy, which may stand on this machine. */
const ofProxies = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** `/metrics`: figures of all organizations together, so it is for the operator and for no tenant. */
function serveMetrics(app: FastifyInstance, { metrics, clock, metricsToken, read }: MetricsRouteDeps): void {
  let rendered: { at: number; text: Promise<Buffer> } | undefined;

  function current(): Promise<Buffer> {
    const now = clock.now();
    if (rendered && Math.abs(now - rendered.at) < KEPT) return rendered.text;
    const made = { at: now, text: read().then(async (gauges) => Buffer.from(await metrics.render(gauges))) };
    rendered = made;
    made.text.catch(() => {
      if (rendered === made) rendered = undefined;
    });
    return made.text;
  }

  compressReplies(app);
  app.get(
    '/metrics',
    {
      config: { access: 'public', quiet: true, refuses: ['MISSING_AUTH'] },
      schema: {
        operationId: 'metrics',
        summary: 'Metrics',
        description:
          'Figures for Prometheus: requests and problems, verifications and checks, inference stages, galleries, jobs, webhooks, alerts, disk, certificate, backups, and the process itself. With the token of the setting `metricsToken` as `Authorization: Bearer`; without that setting, for programs on the same machine.',
        tags: ['meta'],
        response: {
          200: {
            description: 'Prometheus text format',
            content: { 'text/plain': { schema: z.string().describe('Prometheus text format') } },
          },
        },
      },
    },
    async (request, reply) => {
      requireScraper(request, metricsToken);
      return reply.type(metrics.contentType).send(await current());
    },
  );
}

function requireScraper({ headers, raw }: FastifyRequest, token: string | undefined): void {
  if (token === undefined) {
    if (isLoopback(raw.socket.remoteAddress ?? '') && !ofProxies.some((name) => name in headers)) return;
    throw new Problem(
      'MISSING_AUTH',
      'Only programs on the machine of the box read /metrics, not through a proxy: for others set "metricsToken" (GATEHOUSE_METRICS_TOKEN), and send it as "Authorization: Bearer …".',
    );
  }
  const [, given = ''] = /^Bearer\s+(\S{1,200})$/i.exec(headers.authorization ?? '') ?? [];
  const [left, right] = [Buffer.from(given), Buffer.from(token)];
  if (left.length === right.length && timingSafeEqual(left, right)) return;
  throw new Problem(
    'MISSING_AUTH',
    'Send the token of the setting "metricsToken" as "Authorization: Bearer …".',
  );
}
