import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { compressReplies } from '../../http/compressed-replies.ts';
import { isLoopback } from '../../http/listening/listen-policy.ts';
import type { GaugeSample, Metrics } from '../../http/metrics.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';

export interface MetricsRouteDeps {
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
export function serveMetrics(
  app: FastifyInstance,
  { metrics, clock, metricsToken, read }: MetricsRouteDeps,
): void {
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
