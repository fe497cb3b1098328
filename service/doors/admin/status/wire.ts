import { z } from 'zod';
import { AttentionReply } from '../attention-reply.ts';
import { LivenessReply } from '../overview/wire.ts';
import { time } from '../reply-fields.ts';

const env = z.enum(['live', 'test']).describe('World of real people or of trials');

const ServiceReply = z.strictObject({
  version: z.string().describe('Version of Gatehouse'),
  process: z.int().describe('Process id'),
  startedAt: time('When it began to listen'),
  url: z.string().describe('Address that it listens on'),
  certificate: z
    .strictObject({
      subject: z.string().describe('The name it is for'),
      endsAt: time('When it ends'),
    })
    .optional()
    .describe('The certificate that is shown to callers; absent without TLS'),
  insecureHttp: z.boolean().describe('It listens beyond this machine without TLS'),
  settings: z
    .record(z.string(), z.string())
    .describe('Settings in force by name, each value as JSON; passwords in URLs are left out'),
});

export const StatusReply = z
  .strictObject({
    ready: z.boolean().describe('It takes requests'),
    reason: z.string().optional().describe('Why it takes none'),
    people: z
      .array(
        z.strictObject({
          env,
          total: z.int().describe('Enrolled, over all organizations'),
          largest: z.int().describe('Enrolled in the largest organization'),
        }),
      )
      .describe('People enrolled'),
    safeGallery: z
      .array(
        z.strictObject({
          rate: z.number().describe('False-identification rate'),
          people: z.int().describe('So many people can be searched with a measured threshold'),
        }),
      )
      .describe('How large a gallery may be before 1:N thresholds are extrapolated'),
    matchOnlyOrganizations: z.int().describe('Organizations whose live verifications run without liveness'),
    lenientOrganizations: z
      .int()
      .optional()
      .describe(
        'Organizations with a profile that verifies where liveness failed; absent where it cannot be read',
      ),
    queueProblem: z.string().optional().describe('Why what carries jobs cannot be used'),
    liveness: LivenessReply,
    models: z
      .strictObject({
        damaged: z.array(z.string()).describe('Imported models whose file is missing or changed: not used'),
      })
      .describe('Health of the models'),
    inference: z
      .strictObject({
        workers: z.int().describe('Processes that judge pictures'),
        busy: z.int().describe('Those with a picture now'),
        queued: z.int().describe('Pictures that wait'),
        provider: z.string().describe('What models run on'),
        fallback: z.string().optional().describe('Why that is not what is configured'),
      })
      .describe('What judges pictures'),
    storage: z
      .strictObject({
        kind: z.enum(['sqlite', 'postgresql']).describe('Which database'),
        state: z.enum(['ok', 'full', 'unavailable']).describe('Whether it can be used'),
        reason: z.string().optional().describe('Why it cannot'),
      })
      .describe('The database and its disk'),
    keyCopies: z
      .strictObject({
        places: z.int().describe('Places that have one'),
        notCurrent: z.int().describe('Those that are not up to date'),
      })
      .optional()
      .describe('Copies of the key store'),
    backups: z
      .strictObject({
        warnings: z.array(z.string()).describe('Scheduled backups that fail or are missing, a sentence each'),
      })
      .describe('Backups of the box'),
    attention: z.array(AttentionReply).describe('What needs a person, the most urgent first'),
    service: ServiceReply.optional().describe('The process that serves; absent where none does'),
  })
  .meta({
    id: 'Status',
    description: 'State of the appliance, for its operator.',
    examples: [
      {
        ready: true,
        people: [{ env: 'live', total: 1200, largest: 1200 }],
        safeGallery: [{ rate: 0.01, people: 3400 }],
        matchOnlyOrganizations: 0,
        lenientOrganizations: 0,
        liveness: { installed: true, set: 'minifasnet-pair', maturity: 'alternate' },
        models: { damaged: [] },
        inference: { workers: 4, busy: 0, queued: 0, provider: 'cpu' },
        storage: { kind: 'sqlite', state: 'ok' },
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
export type StatusReply = z.output<typeof StatusReply>;
