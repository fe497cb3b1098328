import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type AnySchema } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createPublicServer } from '../../service/server/public-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(root, 'docs/monitoring', name), 'utf8');
const promtool = ['/usr/bin/promtool', '/usr/local/bin/promtool'].find(existsSync);

let folder: string;
let gatehouse: Gatehouse;
/** What a box answers that has judged one verification and sent one webhook. */
let metrics: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-monitoring-'));
  gatehouse = await compose(parseConfig({ data: folder }), { log: silentLog, workers: 'when-needed' });
  gatehouse.metrics.verification({
    world: 'live',
    kind: '1:1',
    verified: false,
    checks: [{ check: 'liveness', pass: false }],
  });
  gatehouse.metrics.delivery({ outcome: 'delivered', milliseconds: 12 });
  const app = await createPublicServer({ ...gatehouse, status: gatehouse.status }, { trustedProxies: [] });
  await app.inject('/nowhere');
  metrics = (await app.inject('/metrics')).body;
  await app.close();
});
afterAll(async () => {
  await gatehouse?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A series without the ending that a histogram adds. */
const known = (name: string) =>
  new RegExp(`^# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `, 'm').test(metrics);
const named = (text: string) => new Set(text.match(/\b(gatehouse|nodejs|process)_[a-z0-9_]+/g) ?? []);
/** Metrics only of a box with TLS, or of one with a backup. */
const later = new Set([
  'gatehouse_certificate_expiry_timestamp_seconds',
  'gatehouse_backup_last_success_timestamp_seconds',
]);

test('names, types and help pass promtool', (context) => {
  expect(metrics).toContain('gatehouse_problems_total{code="NOT_FOUND",world="none"} 1');
  if (promtool === undefined) return context.skip('no promtool: apt-get install prometheus');
  execFileSync(promtool, ['check', 'metrics'], { input: metrics, stdio: ['pipe', 'pipe', 'pipe'] });
});

test('the scrape example and the alert rules pass promtool, and the rules name metrics there are', (context) => {
  const rules = read('gatehouse-alerts.yml');
  const expressions = (rules.match(/^ *expr: .*$/gm) ?? []).join('\n');
  const names = [...named(expressions)];
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !known(name) && !later.has(name))).toEqual([]);
  if (promtool === undefined) return context.skip('no promtool: apt-get install prometheus');
  const files = join(root, 'docs/monitoring');
  execFileSync(promtool, ['check', 'rules', join(files, 'gatehouse-alerts.yml')]);
  execFileSync(promtool, ['check', 'config', '--syntax-only', join(files, 'prometheus.yml')]);
});

describe('the Grafana dashboard', () => {
  const dashboard = JSON.parse(read('gatehouse-dashboard.json'));

  test('is valid by the schema of @grafana/schema', () => {
    const schema = createGenerator({
      path: join(root, 'node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts'),
      type: 'Dashboard',
      skipTypeCheck: true,
      additionalProperties: false,
    }).createSchema('Dashboard');
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema as AnySchema);
    validate(dashboard);
    expect(validate.errors ?? []).toEqual([]);
    expect(validate({ ...dashboard, panels: [{ title: 'without a type' }] })).toBe(false);
  });

  test('shows metrics there are, and every one of our own that an operator acts on', () => {
    const shown = named(JSON.stringify(dashboard.panels));
    expect([...shown].filter((name) => !known(name) && !later.has(name))).toEqual([]);
    const own = [...metrics.matchAll(/^# TYPE (gatehouse_\w+) /gm)].map(([, name = '']) => name);
    const plain = [...shown].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(own.filter((name) => !plain.includes(name)).toSorted()).toEqual([
      'gatehouse_gallery_templates',
      'gatehouse_inference_provider',
      'gatehouse_largest_gallery',
      'gatehouse_storage_ok',
      'gatehouse_template_upgrades',
      'gatehouse_uptime_seconds',
    ]);
  });
});
