import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { createMetrics } from '../../http/metrics.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createIdentityDoor } from '../identity/index.ts';
import { EnrollRequest, VerifyRequest } from '../identity/wire.ts';
import { EnrollReply, VerifyReply } from '../identity/wire-replies.ts';
import { type ApplianceStatus, createMetaDoor } from './index.ts';
import { HealthReply } from './wire.ts';

const sha256 = 'ab'.repeat(32);
const healthy: ApplianceStatus = {
  readiness: { is: 'ready' },
  models: [
    {
      id: 'faceres',
      name: 'FaceRes',
      role: 'embedder',
      sha256,
      maturity: 'alternate',
      licence: 'unclear',
      provenance: 'npm',
      doubts: 'trained on what nobody says',
      enabled: true,
      acceptedBy: 'Alice Operator',
      acceptedAt: 5,
    },
  ],
  pad: { is: 'installed', set: 'minifasnet', maturity: 'proven' },
  inference: { workers: 2, busy: 1, queued: 3, queueLimit: 64, providersAsked: ['cpu'], provider: 'cpu' },
  storage: { kind: 'sqlite', state: 'ok' },
  people: [{ world: 'live', total: 120, largest: 100 }],
  templates: [{ world: 'live', embedder: 'dlib', count: 300 }],
  safeGallery: [{ rate: 0.01, people: 1000 }],
  matchOnlyOrganizations: 0,
  damagedModels: [],
};

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(status: () => Promise<ApplianceStatus>) {
  let now = 1_000_000;
  const clock = { now: () => now };
  const metrics = createMetrics({ processMetrics: false });
  const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(clock), metrics });
  running.push(app);
  const unused = async () => {
    throw new Error('not asked here');
  };
  await app.register(createIdentityDoor({ checks: { verify: unused, enroll: unused } }));
  await app.register(createMetaDoor({ version: '1.2.3', clock, log: silentLog, metrics, status }));
  await app.ready();
  now += 61_500;
  return { app, metrics };
}

describe('/health', () => {
  test('tells the state, and nobody by name', async () => {
    const { app } = await start(async () => healthy);
    const { statusCode, body } = await app.inject('/health');
    expect([statusCode, JSON.parse(body)]).toEqual([
      200,
      {
        status: 'ok',
        version: '1.2.3',
        uptimeSeconds: 61,
        warnings: [],
        models: [
          {
            id: 'faceres',
            name: 'FaceRes',
            role: 'embedder',
            maturity: 'alternate',
            licence: 'unclear',
            doubts: 'trained on what nobody says',
            doubtsAccepted: true,
            sha256,
            enabled: true,
          },
        ],
        pad: { installed: true, set: 'minifasnet', maturity: 'proven' },
        inference: {
          workers: 2,
          busy: 1,
          queued: 3,
          queueLimit: 64,
          providersAsked: ['cpu'],
          provider: 'cpu',
        },
        storage: { kind: 'sqlite', state: 'ok' },
        people: [{ world: 'live', total: 120, largest: 100 }],
        safeGallery: [{ rate: 0.01, people: 1000 }],
      },
    ]);
    expect(body).not.toContain('Alice');
  });

  test('warns, most urgent first, and fits its own schema', async () => {
    const { app } = await start(async () => ({
      ...healthy,
      readiness: { is: 'not-ready', reason: 'The galleries are being read.' },
      pad: { is: 'missing', remedy: 'gatehouse models import …' },
      inference: {
        ...healthy.inference,
        providersAsked: ['cuda', 'cpu'],
        fallback: 'no CUDA library was found.',
      },
      storage: { kind: 'postgresql', state: 'full', reason: 'the disk has no room.' },
      people: [
        { world: 'live', total: 5000, largest: 2000 },
        { world: 'test', total: 3, largest: 1 },
      ],
      matchOnlyOrganizations: 2,
      damagedModels: ['acme-face'],
    }));
    const health = HealthReply.parse((await app.inject('/health')).json());
    expect(health).toMatchObject({
      status: 'unavailable',
      pad: { installed: false, remedy: 'gatehouse models import …' },
      warnings: [
        'Not ready: The galleries are being read.',
        'Storage is full: the disk has no room.',
        'Asked to run on cuda, cpu, running on cpu: no CUDA library was found.',
        'The imported model acme-face is not used, because its file is missing or changed: import it again, or remove it.',
        'Passive liveness is not installed: live verifications are refused.',
        '2 organizations have chosen match-only: a printed photograph of an enrolled person would be verified there.',
        'The largest live gallery has 2000 people; at a false-identification rate of 0.01 only 1000 are covered by measurement. Beyond, give the e-mail (1:1) or expect extrapolated thresholds.',
      ],
    });
  });
});

describe('/ready', () => {
  test.each<[string, () => Promise<ApplianceStatus>, number, unknown]>([
    ['yes', async () => healthy, 200, { ready: true }],
    [
      'no',
      async () => ({ ...healthy, readiness: { is: 'not-ready', reason: 'Stopping.' } }),
      503,
      { ready: false, reason: 'Stopping.' },
    ],
    [
      'nobody knows',
      async () => {
        throw new Error('database is gone: postgres://user:secret@db');
      },
      503,
      { ready: false, reason: 'The state of the appliance cannot be told; the log says why.' },
    ],
  ])('%s', async (_, status, code, answer) => {
    const response = await (await start(status)).app.inject('/ready');
    expect([response.statusCode, response.json()]).toEqual([code, answer]);
  });
});

describe('/metrics', () => {
  test('counts, times and gauges, and follows what changes', async () => {
    let people: ApplianceStatus['people'] = [];
    const { app, metrics } = await start(async () => ({ ...healthy, people }));
    await app.inject('/metrics');
    people = [{ world: 'live', total: 7, largest: 4 }];
    metrics.inference({ decode: 4, total: 120 });
    const { headers, body } = await app.inject('/metrics');
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'gatehouse_ready 1',
      'gatehouse_uptime_seconds 61.5',
      'gatehouse_inference_queue 3',
      'gatehouse_people{world="live"} 7',
      'gatehouse_largest_gallery{world="live"} 4',
      'gatehouse_gallery_templates{world="live",embedder="dlib"} 300',
      'gatehouse_inference_stage_seconds_sum{stage="total"} 0.12',
      'gatehouse_http_requests_total{method="GET",route="/metrics",status="200"} 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
    people = [];
    expect((await app.inject('/metrics')).body).not.toContain('gatehouse_people{');
  });

  test('tells of the process where it is asked to', async () => {
    const text = await createMetrics({ processMetrics: true }).render([]);
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  });
});

describe('/openapi.json', () => {
  // biome-ignore lint/suspicious/noExplicitAny: a document of unknown depth is walked
  type Any = any;
  const document = async (): Promise<Any> =>
    (await (await start(async () => healthy)).app.inject('/openapi.json')).json();

  test('is OpenAPI 3.1 with every public route, and nothing that hides', async () => {
    const { openapi, info, paths, servers } = await document();
    expect([openapi, info.version, servers]).toEqual([
      '3.1.0',
      '1.2.3',
      [{ url: '/', description: 'This appliance' }],
    ]);
    expect(
      Object.entries<Any>(paths).flatMap(([path, item]) =>
        Object.keys(item).map((method) => `${method} ${path}`),
      ),
    ).toEqual([
      'post /api/verify',
      'post /api/enroll',
      'get /health',
      'get /ready',
      'get /metrics',
      'get /openapi.json',
    ]);
  });

  test('says what each operation is, takes, answers and needs', async () => {
    const { paths } = await document();
    const ids = new Set<string>();
    for (const [path, item] of Object.entries<Any>(paths)) {
      for (const operation of Object.values<Any>(item)) {
        ids.add(operation.operationId);
        expect(operation).toMatchObject({
          summary: expect.any(String),
          description: expect.any(String),
          tags: [expect.any(String)],
          security: path.startsWith('/api/') ? [{ apiKey: ['identity'] }, { bearer: ['identity'] }] : [],
        });
        for (const [status, answer] of Object.entries<Any>(operation.responses)) {
          expect(status).toMatch(/^[2-5]\d\d$/);
          expect(answer).toMatchObject({ description: expect.any(String), content: expect.any(Object) });
        }
      }
    }
    expect(ids.size).toBe(Object.keys(paths).length);
    expect(Object.keys(paths['/api/verify'].post.requestBody.content)).toEqual([
      'application/json',
      'multipart/form-data',
    ]);
    expect(paths['/api/verify'].post.responses['422'].description).toBe(
      '`FACE_NOT_FOUND`, `SEVERAL_FACES`, `FACE_TOO_SMALL`, `FACE_QUALITY_REFUSED`, `CHECK_FAILED`',
    );
  });

  test('every link leads somewhere, every security scheme exists, every field is described', async () => {
    const whole = await document();
    const undescribed: string[] = [];
    const visit = (node: Any, path: string): void => {
      if (node === null || typeof node !== 'object') return;
      if (typeof node.$ref === 'string') {
        expect(node.$ref).toMatch(/^#\/components\/schemas\//);
        expect(whole.components.schemas).toHaveProperty(node.$ref.slice('#/components/schemas/'.length));
      }
      for (const [name, field] of Object.entries<Any>(path.endsWith('.properties') ? node : {})) {
        const target = field.$ref ? whole.components.schemas[field.$ref.split('/').at(-1)] : field;
        if (!target.description) undescribed.push(`${path}.${name}`);
      }
      for (const [key, inner] of Object.entries(node))
        if (key !== 'examples' && key !== 'example') visit(inner, `${path}.${key}`);
    };
    visit(whole.components.schemas, 'schemas');
    visit(whole.paths, 'paths');
    expect(undescribed).toEqual([]);
    expect(Object.keys(whole.components.securitySchemes)).toEqual(['apiKey', 'bearer']);
    expect(JSON.stringify(whole)).not.toContain('$defs');
  });

  test('its examples are what the schemas take', async () => {
    const whole = await document();
    const schemas: Record<string, z.ZodType> = { VerifyRequest, EnrollRequest, VerifyReply, EnrollReply };
    for (const [name, schema] of Object.entries(schemas)) {
      const { examples } = whole.components.schemas[name];
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) schema.parse(example);
    }
    for (const schema of [VerifyRequest, EnrollRequest, VerifyReply, EnrollReply]) checkFieldExamples(schema);
  });

  function checkFieldExamples(schema: z.ZodType): void {
    for (const example of (schema.meta()?.examples as unknown[]) ?? []) schema.parse(example);
    const inner = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
    if (inner instanceof z.ZodObject)
      for (const field of Object.values<z.ZodType>(inner.shape)) checkFieldExamples(field);
  }
});
