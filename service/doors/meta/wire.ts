import { z } from 'zod';

const maturity = z.enum(['proven', 'alternate', 'experimental']).describe('How far it has been proven');

export const HealthReply = z
  .strictObject({
    status: z
      .enum(['ok', 'warning', 'unavailable'])
      .describe(
        '`warning`: it works, and `warnings` says what to look at; `unavailable`: no picture can be judged',
      ),
    version: z.string().describe('Version of Gatehouse'),
    uptimeSeconds: z.int().min(0).describe('Since the service started'),
    warnings: z.array(z.string()).describe('Sentences for whoever runs the box'),
    models: z
      .array(
        z.strictObject({
          id: z.string().describe('Id in the manifest'),
          name: z.string().describe('Name'),
          role: z.enum(['detector', 'landmarks', 'iris', 'embedder', 'pad']).describe('What it does'),
          maturity,
          licence: z.string().describe('Licence of the weights'),
          doubts: z.string().describe('What is doubtful about licence or provenance').optional(),
          doubtsAccepted: z.boolean().describe('An administrator has accepted the doubt').optional(),
          sha256: z.string().describe('Of the ONNX file; checked at start'),
          enabled: z.boolean().describe('In use'),
        }),
      )
      .describe('Installed models'),
    pad: z
      .strictObject({
        installed: z.boolean().describe('Passive presentation-attack detection is there'),
        set: z.string().describe('Which').optional(),
        maturity: z.string().describe('How far it has been proven').optional(),
        remedy: z.string().describe('How to install it').optional(),
      })
      .describe('Presentation-attack detection'),
    inference: z
      .strictObject({
        workers: z.int().describe('Worker threads'),
        busy: z.int().describe('With a picture right now'),
        queued: z.int().describe('Pictures waiting'),
        queueLimit: z.int().describe('The most that may wait; beyond, OVERLOADED is answered'),
        providersAsked: z.array(z.string()).describe('Execution providers as configured'),
        provider: z.string().describe('Execution provider in use'),
        fallback: z.string().describe('Why that is not the first one asked for').optional(),
      })
      .describe('Where pictures are looked at'),
    storage: z
      .strictObject({
        kind: z.enum(['sqlite', 'postgresql']).describe('Which database'),
        state: z.enum(['ok', 'full', 'unavailable']).describe('Its state'),
        reason: z.string().describe('Why it is not ok').optional(),
      })
      .describe('Where everything is kept'),
    people: z
      .array(
        z.strictObject({
          world: z.enum(['live', 'test']).describe('Which world'),
          total: z.int().describe('Enrolled, over all organizations'),
          largest: z.int().describe('Enrolled in the largest organization'),
        }),
      )
      .describe('People enrolled'),
    ownGalleries: z
      .array(
        z.strictObject({
          world: z.enum(['live', 'test']).describe('Which world'),
          scorer: z.string().describe('By which scorer'),
          measured: z
            .int()
            .describe('Galleries of 30 people and more that were compared with the calibration'),
          raised: z.int().describe('Of them, those whose thresholds are raised: their people are more alike'),
          largestExcess: z
            .number()
            .describe(
              'In the gallery that differs most: pairs of different people above the threshold, as a multiple of what the calibration says',
            ),
        }),
      )
      .describe(
        'Whether the stated error rates hold for the people enrolled; “gatehouse org calibrate” measures now',
      ),
    safeGallery: z
      .array(
        z.strictObject({
          rate: z.number().describe('False-identification rate'),
          people: z.int().describe('So many people can be searched with a measured threshold'),
        }),
      )
      .describe('How large a gallery may be before 1:N thresholds are extrapolated'),
  })
  .meta({ id: 'Health', description: 'State of the appliance.' });
export type HealthReply = z.output<typeof HealthReply>;

export const SealedHealthReply = z
  .strictObject({
    status: z.literal('sealed').describe('It waits for the passphrase of the master key: `gatehouse unseal`'),
    version: z.string().describe('Version of Gatehouse'),
    uptimeSeconds: z.int().min(0).describe('Since the service started'),
    warnings: z.array(z.string()).describe('What to do'),
  })
  .meta({ id: 'SealedHealth', description: 'State of an appliance whose master key is not open yet.' });
export type SealedHealthReply = z.output<typeof SealedHealthReply>;

export const ReadyReply = z
  .strictObject({ ready: z.literal(true).describe('It takes requests') })
  .meta({ id: 'Ready', description: 'Send requests here.', examples: [{ ready: true }] });
export type ReadyReply = z.output<typeof ReadyReply>;

export const NotReadyReply = z
  .strictObject({
    ready: z.literal(false).describe('It takes no requests'),
    reason: z.string().describe('Why not'),
    code: z.literal('SEALED').describe('The master key waits for its passphrase').optional(),
  })
  .meta({
    id: 'NotReady',
    description: 'Send no requests here yet.',
    examples: [{ ready: false, reason: 'The database cannot be used.' }],
  });
export type NotReadyReply = z.output<typeof NotReadyReply>;
