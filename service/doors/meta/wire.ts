import { z } from 'zod';
import { Attention } from '../../engine/appliance/index.ts';
import { HoldsFor } from '../../engine/matching/index.ts';
import { ProviderReport } from '../../engine/models/index.ts';

const maturity = z.enum(['proven', 'alternate', 'experimental']).describe('Maturity');

export const HealthReply = z
  .strictObject({
    status: z
      .enum(['ok', 'warning', 'unavailable'])
      .describe(
        '`warning`: it works, and `warnings` has the problems; `unavailable`: pictures cannot be analyzed',
      ),
    version: z.string().describe('Version of Gatehouse'),
    uptimeSeconds: z.int().min(0).describe('Since the service started'),
    warnings: z
      .array(z.string())
      .describe('`attention` as sentences for the operator of the box, each with its remedy'),
    attention: z
      .array(Attention)
      .describe(
        'What needs attention, the most urgent first; the same in `gatehouse doctor` and the console',
      ),
    models: z
      .array(
        z.strictObject({
          id: z.string().describe('Id in the manifest'),
          name: z.string().describe('Name'),
          role: z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']).describe('Role'),
          maturity,
          licence: z.string().describe('Licence of the weights'),
          doubts: z.string().describe('Doubt about licence or provenance').optional(),
          doubtsAccepted: z.boolean().describe('Whether an administrator has accepted the doubt').optional(),
          sha256: z.string().describe('SHA-256 of the ONNX file, checked at the start'),
          enabled: z.boolean().describe('In use'),
        }),
      )
      .describe('Installed models'),
    pad: z
      .strictObject({
        installed: z.boolean().describe('Whether passive presentation attack detection is installed'),
        set: z.string().describe('Name of the set').optional(),
        maturity: z.string().describe('Maturity').optional(),
        remedy: z.string().describe('How to switch it on').optional(),
      })
      .describe('Presentation-attack detection'),
    inference: z
      .strictObject({
        workers: z.int().describe('Worker threads'),
        busy: z.int().describe('Busy workers'),
        queued: z.int().describe('Pictures waiting'),
        queueLimit: z.int().describe('Maximum number of waiting pictures; more are refused with OVERLOADED'),
        ...ProviderReport.shape,
      })
      .describe('Inference'),
    storage: z
      .strictObject({
        kind: z.enum(['sqlite', 'postgresql']).describe('Kind of database'),
        state: z.enum(['ok', 'full', 'unavailable']).describe('Its state'),
        reason: z.string().describe('Reason why it is not ok').optional(),
      })
      .describe('Storage'),
    people: z
      .array(
        z.strictObject({
          world: z.enum(['live', 'test']).describe('World'),
          total: z.int().describe('People enrolled, over all organizations'),
          largest: z.int().describe('People in the largest gallery'),
        }),
      )
      .describe('People enrolled'),
    ownGalleries: z
      .array(
        z.strictObject({
          world: z.enum(['live', 'test']).describe('World'),
          scorer: z.string().describe('Scorer'),
          holdsFor: HoldsFor.describe('Table of the scorer'),
          measured: z
            .int()
            .describe('Galleries of 30 people and more that were compared with the calibration'),
          notMeasured: z
            .int()
            .describe('Galleries of 30 people and more that were not: nothing says yet that the rates hold'),
          tooFewPeople: z.int().describe('Galleries with fewer people, which cannot be compared'),
          raised: z.int().describe('Galleries with raised thresholds, because their people are more similar'),
          largestExcess: z
            .number()
            .describe(
              'In the gallery that differs most: pairs of different people above the threshold, as a multiple of the calibration; 0 where none was measured',
            ),
          doubtful: z
            .int()
            .describe(
              'People compared whose template does not distinguish them: “gatehouse subject doubtful”',
            ),
        }),
      )
      .describe(
        'Whether the stated error rates hold for the enrolled people; “gatehouse org calibrate” measures now',
      ),
    safeGallery: z
      .array(
        z.strictObject({
          rate: z.number().describe('False-identification rate of a built-in profile'),
          holdsFor: HoldsFor,
          people: z.int().describe('Largest number of people with a measured threshold'),
        }),
      )
      .describe('Gallery sizes up to which 1:N thresholds are measured'),
  })
  .meta({ id: 'Health', description: 'State of the appliance.' });
export type HealthReply = z.output<typeof HealthReply>;

export const NotOpenHealthReply = z
  .strictObject({
    status: z
      .enum(['sealed', 'starting'])
      .describe(
        '`sealed`: the service waits for the passphrase of the master key, `gatehouse unseal`; `starting`: it takes requests in a few seconds',
      ),
    version: z.string().describe('Version of Gatehouse'),
    uptimeSeconds: z.int().min(0).describe('Since the service started'),
    warnings: z.array(z.string()).describe('The remedy'),
  })
  .meta({ id: 'SealedHealth', description: 'State of an appliance that is sealed or starting.' });
export type NotOpenHealthReply = z.output<typeof NotOpenHealthReply>;

export const HealthStateReply = z
  .strictObject({
    status: z
      .enum(['ok', 'warning', 'unavailable', 'sealed', 'starting'])
      .describe('As in the other replies'),
  })
  .meta({ id: 'HealthState', description: 'State, for a `Host` that is not of this appliance.' });
export type HealthStateReply = z.output<typeof HealthStateReply>;

export const ReadyReply = z
  .strictObject({ ready: z.literal(true).describe('Whether it takes requests') })
  .meta({ id: 'Ready', description: 'The service takes requests.', examples: [{ ready: true }] });
export type ReadyReply = z.output<typeof ReadyReply>;

export const NotReadyReply = z
  .strictObject({
    ready: z.literal(false).describe('Whether it takes requests'),
    reason: z.string().describe('Reason'),
    code: z
      .literal('SEALED')
      .describe('Whether the service waits for the passphrase of the master key')
      .optional(),
  })
  .meta({
    id: 'NotReady',
    description: 'The service takes no requests at present.',
    examples: [{ ready: false, reason: 'The database cannot be used.' }],
  });
export type NotReadyReply = z.output<typeof NotReadyReply>;

/** Without a reason, for a `Host` that is not of this appliance. */
export const notReadyForOthers: NotReadyReply = {
  ready: false,
  reason: 'Not ready: ask with a name or address of this appliance in the header Host for the reason.',
};
