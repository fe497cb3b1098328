import { expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { createMetricGauges, type MetricGaugesDeps } from './metric-gauges.ts';

const NOW = Date.UTC(2026, 10, 20);
const none = { waiting: 0, running: 0, dead: 0 };

function gaugesOf(over: Partial<MetricGaugesDeps> = {}) {
  let now = NOW;
  let reads = 0;
  const gauges = createMetricGauges({
    jobs: {
      async backlog() {
        reads++;
        return { webhook: { waiting: 3, running: 1, dead: 2, oldestAt: now - 90_000 }, mail: none } as never;
      },
    },
    alerts: { countOpen: async () => [{ world: 'live', metric: 'disk-free', count: 2 }] },
    backups: { lastDone: async () => NOW - 3_600_000 },
    readings: { diskFree: async () => 1024 },
    nodes: { shared: false, list: async () => [] },
    certificate: { end: () => NOW + 86_400_000 },
    clock: { now: () => now },
    log: silentLog,
    ...over,
  });
  const read = async () =>
    (await gauges()).flatMap(({ name, values }) =>
      values.map(({ labels, value }) => `${name}{${Object.values(labels).join(',')}} ${value}`),
    );
  function advance(ms: number): void {
    now += ms;
  }
  return { read, reads: () => reads, advance };
}

test('jobs, alerts, disk, certificate and backups, in base units', async () => {
  expect(await gaugesOf().read()).toEqual([
    'gatehouse_jobs{webhook,waiting} 3',
    'gatehouse_jobs{webhook,running} 1',
    'gatehouse_jobs{webhook,dead} 2',
    'gatehouse_jobs{mail,waiting} 0',
    'gatehouse_jobs{mail,running} 0',
    'gatehouse_jobs{mail,dead} 0',
    'gatehouse_job_oldest_seconds{webhook} 90',
    'gatehouse_job_oldest_seconds{mail} 0',
    'gatehouse_alerts_open{live,disk-free} 2',
    'gatehouse_disk_free_bytes{} 1073741824',
    `gatehouse_certificate_expiry_timestamp_seconds{} ${NOW / 1000 + 86_400}`,
    `gatehouse_backup_last_success_timestamp_seconds{} ${NOW / 1000 - 3_600}`,
  ]);
});

test('a missing certificate and a missing backup have no gauge', async () => {
  const { read } = gaugesOf({ certificate: undefined, backups: { lastDone: async () => undefined } });
  expect((await read()).join('\n')).not.toMatch(/certificate|backup/);
});

test('a gauge that cannot be read is left out, the others are reported', async () => {
  const failing = async () => {
    throw new Error('the database is away');
  };
  const { read } = gaugesOf({ jobs: { backlog: failing }, alerts: { countOpen: failing } });
  expect((await read())[0]).toBe('gatehouse_disk_free_bytes{} 1073741824');
});

test('the database is read once in five seconds, however often it is asked', async () => {
  const { read, reads, advance } = gaugesOf();
  await Promise.all([read(), read()]);
  advance(4_999);
  await read();
  expect(reads()).toBe(1);
  advance(1);
  await read();
  expect(reads()).toBe(2);
  advance(-60_000);
  await read();
  expect(reads()).toBe(3);
});

test('a node among several says what it sees of all, and how it stands itself', async () => {
  const other = { state: 'running' as const, isThis: false, lastSignAt: NOW };
  const list = async () => [
    {
      ...other,
      id: 'node_a',
      isThis: true,
      clockAheadMilliseconds: -40,
      changesBehind: 3,
      leases: ['relay'],
    },
    { ...other, id: 'node_b', clockAheadMilliseconds: 900, leases: ['retention', 'sessions'] },
    { ...other, id: 'node_c', state: 'silent' as const, leases: [] },
  ];
  const { read } = gaugesOf({ nodes: { shared: true, list } });
  expect((await read()).filter((line) => line.startsWith('gatehouse_node'))).toEqual([
    'gatehouse_node_seen{running} 2',
    'gatehouse_node_seen{drained} 0',
    'gatehouse_node_seen{silent} 1',
    'gatehouse_node_leases{node_a,relay} 1',
    'gatehouse_node_leases{node_b,retention} 1',
    'gatehouse_node_leases{node_b,sessions} 1',
    'gatehouse_node_changes_behind{} 3',
    'gatehouse_node_clock_ahead_seconds{} -0.04',
  ]);
});
