import { z } from 'zod';
import { BehaviorModel } from '../../../engine/behavior/index.ts';

const layer = z
  .enum(['rules', 'research', 'own'])
  .describe(
    '`rules`: rules alone, the default; `research`: with weights trained on research data; `own`: with weights that you gave',
  );

const weights = z.object({
  id: z.string().describe('Id of the weights'),
  z0: z.number().describe('Their zero: the 1 % quantile of people'),
  sha256: z.string().describe('SHA-256 of them, as in the audit log'),
  trained: BehaviorModel.shape.trained,
});

export const BehaviorLayerReply = z
  .object({
    layer,
    model: weights.optional().describe('The weights in use'),
    accepted: z
      .object({
        by: z.string().describe('Who accepted the doubt'),
        at: z.iso.datetime().describe('When'),
        model: z.string().describe('The weights whose doubt was accepted'),
      })
      .optional()
      .describe('The acceptance on record'),
    offered: weights.describe('Weights of research data that may be chosen'),
    own: weights.optional().describe('Weights of your own'),
  })
  .meta({
    id: 'BehaviorLayer',
    description: 'How windows are judged: by rules alone, or by a learned layer too.',
    examples: [
      {
        layer: 'rules' as const,
        offered: {
          id: 'research-5',
          z0: 0.385263,
          sha256: '0'.repeat(64),
          trained: {
            at: '2026-11-21',
            on: ['balabit', 'webbot', 'zoo'],
            humanWindows: 7_996,
            people: 22,
            botWindows: 1_060,
            generators: ['bezier', 'windmouse'],
            doubt: 'Trained on data sets that were published for research.',
          },
        },
      },
    ],
  });
export type BehaviorLayerReply = z.output<typeof BehaviorLayerReply>;

export const BehaviorWeights = BehaviorModel.meta({
  id: 'BehaviorWeights',
  description: 'Boosted stumps over the shape of movements.',
});

export const BehaviorLayerRequest = z
  .strictObject({
    layer,
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('You accept the doubt about the licence of the weights; stays on record with your name'),
    weights: BehaviorWeights.optional().describe(
      'New weights for the layer `own`, in the form that `npm run behavior:train` writes; without them those of the last time',
    ),
  })
  .refine(({ layer: chosen, weights: given }) => given === undefined || chosen === 'own', {
    path: ['weights'],
    error: 'Weights come with the layer "own".',
  })
  .meta({ id: 'BehaviorLayerRequest', examples: [{ layer: 'research', acceptLicenceDoubt: true }] });
