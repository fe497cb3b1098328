import { z } from 'zod';
import { Attention } from '../../engine/appliance/index.ts';
import { HoldsFor } from '../../engine/matching/index.ts';
import { ProviderReport } from '../../engine/models/index.ts';
import type { World } from '../../lib/id.ts';
import { env, inEnv, time } from '../../lib/record-fields.ts';
import { ofAppliance } from './may-call.ts';
import { fromLiveness, LivenessReply } from './overview.ts';
import { type AdminRoute, route } from './route.ts';

/** The part of the appliance's state that its operator reads; a subset of `ApplianceStatus`. */
export interface ApplianceReport {
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  people: { world: World; total: number; largest: number }[];
  safeGallery: { rate: number; holdsFor: HoldsFor; people: number }[];
  matchOnlyOrganizations: number;
  lenientOrganizations?: number;
  pad: { is: 'installed'; set: string; maturity: string } | { is: 'missing'; remedy: string };
  damagedModels: string[];
  inference: { workers: number; busy: number; queued: number; provider: ProviderReport };
  storage: { kind: 'sqlite' | 'postgresql'; state: 'ok' | 'full' | 'unavailable'; reason?: string };
  /** Of the disk of the data directory, and of the database; what cannot be read is left out. */
  room: { freeBytes?: number; databaseBytes?: number };
  /** Absent without TLS. */
  certificate?: { endsAt: number; renewsItself: boolean };
  models: readonly { enabled: boolean }[];
  keyCopies?: { places: number; notCurrent: number };
  backupTroubles: readonly string[];
  attention: Attention[];
}

/** The process that serves: where it listens, and with which settings. No secret is among it. */
export interface ServiceReport {
  version: string;
  process: number;
  startedAt: number;
  /** `https://127.0.0.1:7300`. */
  url: string;
  /** The certificate in use; absent without TLS. */
  certificate?: { subject: string; endsAt: number };
  /** Listens beyond this machine without TLS. */
  insecureHttp: boolean;
  /** As in the settings file, each value as JSON. */
  settings: Record<string, string>;
}

const ServiceReply = z.object({
  version: z.string().describe('Version of Gatehouse'),
  process: z.int().describe('Process id'),
  startedAt: time('Time when it began to listen'),
  url: z.string().describe('Listening address'),
  certificate: z
    .strictObject({
      subject: z.string().describe('Its name'),
      endsAt: time('Expiry'),
    })
    .optional()
    .describe('The TLS certificate in use; absent without TLS'),
  insecureHttp: z.boolean().describe('Whether it listens beyond this machine without TLS'),
  settings: z
    .record(z.string(), z.string())
    .describe('Settings in force by name, each value as JSON; passwords in URLs are left out'),
});

const StatusReply = z
  .object({
    ready: z.boolean().describe('Whether it takes requests'),
    reason: z.string().optional().describe('Reason why it takes none'),
    people: z
      .array(
        z.object({
          env: env('World of real people or of trials'),
          total: z.int().describe('People enrolled, over all organizations'),
          largest: z.int().describe('People in the largest gallery'),
        }),
      )
      .describe('People enrolled'),
    safeGallery: z
      .array(
        z.object({
          rate: z.number().describe('False-identification rate'),
          holdsFor: HoldsFor,
          people: z.int().describe('Largest number of people with a measured threshold'),
        }),
      )
      .describe('Gallery sizes up to which 1:N thresholds are measured'),
    matchOnlyOrganizations: z.int().describe('Organizations whose live verifications run without liveness'),
    lenientOrganizations: z
      .int()
      .optional()
      .describe(
        'Organizations with a profile that verifies where liveness failed; absent where it cannot be read',
      ),
    liveness: LivenessReply,
    models: z
      .object({
        installed: z.int().describe('Installed models'),
        enabled: z.int().describe('Enabled models'),
        damaged: z
          .array(z.string())
          .describe('Imported models whose file is missing or changed; they are not used'),
      })
      .describe('Health of the models'),
    inference: z
      .object({
        workers: z.int().describe('Worker threads'),
        busy: z.int().describe('Busy workers'),
        queued: z.int().describe('Waiting pictures'),
        ...ProviderReport.shape,
      })
      .describe('Inference'),
    storage: z
      .object({
        kind: z.enum(['sqlite', 'postgresql']).describe('Kind of database'),
        state: z.enum(['ok', 'full', 'unavailable']).describe('Whether it is available'),
        reason: z.string().optional().describe('Reason why it is not'),
        freeBytes: z
          .int()
          .optional()
          .describe('Free bytes on the disk of the data directory; absent if unknown'),
        databaseBytes: z.int().optional().describe('Size of the database; absent if unknown'),
      })
      .describe('The database and its disk'),
    certificate: z
      .object({
        endsAt: time('When it ends'),
        renewsItself: z.boolean().describe('Whether the box renews it automatically'),
      })
      .optional()
      .describe('The TLS certificate in use; absent without TLS'),
    keyCopies: z
      .object({
        places: z.int().describe('Folders with a copy'),
        notCurrent: z.int().describe('Copies that are not up to date'),
      })
      .optional()
      .describe('Copies of the key store'),
    backups: z
      .object({
        warnings: z.array(z.string()).describe('Problems of scheduled backups, a sentence each'),
      })
      .describe('Backups of the box'),
    attention: z.array(Attention).describe('Items that need attention, the most urgent first'),
    service: ServiceReply.optional().describe('The running service; absent if none runs'),
  })
  .meta({
    id: 'Status',
    description: 'State of the appliance, for its operator.',
    examples: [
      {
        ready: true,
        people: [{ env: 'live', total: 1200, largest: 1200 }],
        safeGallery: [{ rate: 0.01, holdsFor: 'average' as const, people: 3400 }],
        matchOnlyOrganizations: 0,
        lenientOrganizations: 0,
        liveness: { installed: true, set: 'minifasnet-pair', maturity: 'alternate' },
        models: { installed: 7, enabled: 6, damaged: [] },
        inference: {
          workers: 4,
          busy: 0,
          queued: 0,
          providersAsked: ['auto'],
          provider: 'cpu',
          note: 'auto: there is no GPU',
          nets: [],
        },
        storage: { kind: 'sqlite', state: 'ok', freeBytes: 1_200_000_000, databaseBytes: 52_000_000 },
        certificate: { endsAt: '2027-02-18T12:00:00.000Z', renewsItself: true },
        keyCopies: { places: 2, notCurrent: 0 },
        backups: { warnings: [] },
        attention: [],
        service: {
          version: '0.1.1',
          process: 4711,
          startedAt: '2026-11-20T12:00:00.000Z',
          url: 'http://127.0.0.1:7300',
          insecureHttp: false,
          settings: { host: '"127.0.0.1"', port: '7300' },
        },
      },
    ],
  });

const fromReports = (
  { readiness, people, ...status }: ApplianceReport,
  service: ServiceReport | undefined,
): z.output<typeof StatusReply> => ({
  ready: readiness.is === 'ready',
  reason: readiness.is === 'ready' ? undefined : readiness.reason,
  people: people.map(inEnv),
  safeGallery: status.safeGallery,
  matchOnlyOrganizations: status.matchOnlyOrganizations,
  lenientOrganizations: status.lenientOrganizations,
  liveness: fromLiveness(status.pad),
  models: {
    installed: status.models.length,
    enabled: status.models.filter(({ enabled }) => enabled).length,
    damaged: status.damagedModels,
  },
  inference: { ...status.inference, ...status.inference.provider },
  storage: { ...status.storage, ...status.room },
  certificate: status.certificate,
  keyCopies: status.keyCopies,
  backups: { warnings: [...status.backupTroubles] },
  attention: status.attention,
  service,
});

export interface StatusRouteDeps {
  applianceReport(): Promise<ApplianceReport>;
  /** Undefined where no service runs. */
  serving: { report(): ServiceReport | undefined };
}

/** What `gatehouse doctor` and `gatehouse unseal` ask of the appliance. */
export const statusRoutes = (deps: StatusRouteDeps): AdminRoute[] => [
  route('GET /status', {
    tag: 'appliance',
    within: 'appliance',
    operationId: 'getStatus',
    effect: 'none',
    summary: 'Get the state of the appliance',
    description: 'Readiness, size of the data, addresses and settings in force.',
    may: ofAppliance,
    reply: StatusReply,
    handle: async () => fromReports(await deps.applianceReport(), deps.serving.report()),
  }),
];
