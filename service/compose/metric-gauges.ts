import type { ServedCertificate } from '../certificate/served-certificate.ts';
import type { Alerts, Backups, GaugeReadings, NodeList } from '../engine/appliance/index.ts';
import type { Jobs } from '../engine/events/index.ts';
import type { GaugeSample } from '../http/metrics.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

export interface MetricGaugesDeps {
  jobs: Pick<Jobs, 'backlog'>;
  alerts: Pick<Alerts, 'countOpen'>;
  backups: Pick<Backups, 'lastDone'>;
  readings: Pick<GaugeReadings, 'diskFree'>;
  nodes: Pick<NodeList, 'shared' | 'list'>;
  /** Where the doors are served over TLS. */
  certificate: Pick<ServedCertificate, 'end'> | undefined;
  clock: Clock;
  log: Log;
}

const MEBIBYTE = 2 ** 20;
/** Milliseconds: however often `/metrics` is asked, the database is read once in this time. */
const KEPT = 5_000;

/**
 * Gauges of `/metrics` from the database, the disk and the certificate. A gauge that cannot be read is logged and left out.
 */
export function createMetricGauges(deps: MetricGaugesDeps): () => Promise<GaugeSample[]> {
  const { jobs, alerts, backups, readings, nodes, certificate, clock, log } = deps;
  const sources: Record<string, () => Promise<GaugeSample[]>> = {
    async jobs() {
      const kinds = Object.entries(await jobs.backlog());
      return [
        {
          name: 'gatehouse_jobs',
          help: 'Jobs that wait, run, or are dead (no attempts left).',
          labels: ['kind', 'state'],
          values: kinds.flatMap(([kind, { waiting, running, dead }]) =>
            Object.entries({ waiting, running, dead }).map(([state, value]) => ({
              labels: { kind, state },
              value,
            })),
          ),
        },
        {
          name: 'gatehouse_job_oldest_seconds',
          help: 'Age of the oldest job that waits, retries included; 0 when none waits.',
          labels: ['kind'],
          values: kinds.map(([kind, { oldestAt }]) => ({
            labels: { kind },
            value: oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1000,
          })),
        },
      ];
    },
    async alerts() {
      const values = (await alerts.countOpen()).map(({ world, metric, count }) => ({
        labels: { world, metric },
        value: count,
      }));
      return [
        {
          name: 'gatehouse_alerts_open',
          help: 'Alerts that were not acknowledged, over all organizations.',
          labels: ['world', 'metric'],
          values,
        },
      ];
    },
    async disk() {
      const free = (await readings.diskFree()) * MEBIBYTE;
      return [single('disk_free_bytes', 'Bytes free on the disk of the data directory.', free)];
    },
    async certificate() {
      if (certificate === undefined) return [];
      const end = certificate.end() / 1000;
      return [single('certificate_expiry_timestamp_seconds', 'End of the served certificate.', end)];
    },
    nodes: async () => (nodes.shared ? gaugesOfNodes(await nodes.list()) : []),
    async backups() {
      const at = await backups.lastDone();
      return at === undefined
        ? []
        : [single('backup_last_success_timestamp_seconds', 'End of the newest proven backup.', at / 1000)];
    },
  };

  async function read(): Promise<GaugeSample[]> {
    const found: GaugeSample[] = [];
    for (const [source, gauges] of Object.entries(sources)) {
      try {
        found.push(...(await gauges()));
      } catch (error) {
        log.warn({ source, err: error }, 'figures are missing in /metrics');
      }
    }
    return found;
  }

  let last: { at: number; gauges: Promise<GaugeSample[]> } | undefined;
  return () => {
    const now = clock.now();
    if (last === undefined || now < last.at || now - last.at >= KEPT) last = { at: now, gauges: read() };
    return last.gauges;
  };
}

const single = (name: string, help: string, value: number): GaugeSample => ({
  name: `gatehouse_${name}`,
  help,
  labels: [],
  values: [{ labels: {}, value }],
});

/** Of this node, and what it sees of all. */
function gaugesOfNodes(all: Awaited<ReturnType<NodeList['list']>>): GaugeSample[] {
  const own = all.find(({ isThis }) => isThis);
  const states = ['running', 'drained', 'silent'] as const;
  return [
    {
      name: 'gatehouse_node_seen',
      help: 'Nodes that this one sees, itself among them, by state.',
      labels: ['state'],
      values: states.map((state) => ({
        labels: { state },
        value: all.filter((one) => one.state === state).length,
      })),
    },
    {
      name: 'gatehouse_node_leases',
      help: 'Leases of roles and recurring work, by the node that holds them.',
      labels: ['node', 'work'],
      values: all.flatMap(({ id: node = '', leases }) =>
        leases.map((work) => ({ labels: { node, work }, value: 1 })),
      ),
    },
    ...(own?.changesBehind === undefined
      ? []
      : [
          single(
            'node_changes_behind',
            'Changes of the record that this node has not read yet.',
            own.changesBehind,
          ),
        ]),
    ...(own?.clockAheadMilliseconds === undefined
      ? []
      : [
          single(
            'node_clock_ahead_seconds',
            'How far the clock of this node is ahead of the database server.',
            own.clockAheadMilliseconds / 1000,
          ),
        ]),
  ];
}
