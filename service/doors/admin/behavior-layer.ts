import { z } from 'zod';
import { type BehaviorLayers, BehaviorModel } from '../../engine/behavior/index.ts';
import { helpPath } from '../../lib/installation.ts';
import { time } from '../../lib/record-fields.ts';
import { byManagers, byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

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

const BehaviorLayerReply = z
  .object({
    layer,
    model: weights.optional().describe('The weights in use'),
    accepted: z
      .object({
        by: z.string().describe('Who accepted the doubt'),
        at: time('When'),
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

const BehaviorWeights = BehaviorModel.meta({
  id: 'BehaviorWeights',
  description: 'Boosted stumps over the shape of movements.',
});

const BehaviorLayerRequest = z
  .strictObject({
    layer,
    acceptLicenceDoubt: z
      .boolean()
      .default(false)
      .describe('You accept the doubt about the licence of the weights; stays on record with your name'),
    weights: BehaviorWeights.optional().describe(
      `New weights for the layer \`own\`; ${helpPath('BEHAVIOR')} says how they are made. Without them those of the last time`,
    ),
  })
  .refine(({ layer: chosen, weights: given }) => given === undefined || chosen === 'own', {
    path: ['weights'],
    error: 'Weights come with the layer "own".',
  })
  .meta({ id: 'BehaviorLayerRequest', examples: [{ layer: 'research', acceptLicenceDoubt: true }] });

export interface BehaviorLayerRouteDeps {
  behaviorLayers: Pick<BehaviorLayers, 'describe' | 'choose' | 'weights'>;
}

const about = {
  tag: 'behavior',
  within: 'organization',
  keyRefusal: 'No API key may see or change how behavior is judged: that takes an administrator.',
} as const;

/** The learned layer of the behavior score. */
export const behaviorLayerRoutes = ({ behaviorLayers }: BehaviorLayerRouteDeps): AdminRoute[] => [
  route('GET /behavior/layer', {
    ...about,
    operationId: 'getBehaviorLayer',
    effect: 'none',
    summary: 'Show the learned layer',
    description: 'Whether windows are judged by rules alone, and which weights may be chosen.',
    may: byReaders,
    reply: BehaviorLayerReply,
    handle: ({ organization }) => behaviorLayers.describe(organization),
  }),
  route('GET /behavior/layer/weights', {
    ...about,
    operationId: 'getBehaviorWeights',
    effect: 'none',
    summary: 'Show the weights in use',
    description:
      'The whole learned layer in use, as it scores. Refused with CONFLICT where rules judge alone.',
    may: byReaders,
    reply: BehaviorWeights,
    refuses: ['CONFLICT'],
    handle: async ({ organization }) => behaviorLayers.weights(organization),
  }),
  route('PUT /behavior/layer', {
    ...about,
    operationId: 'chooseBehaviorLayer',
    effect: 'weakens-protection',
    summary: 'Choose the learned layer',
    description:
      'Judges with weights beside the rules, or by the rules alone again. Weights that were trained on research data are refused with LICENCE_NOT_ACCEPTED until the doubt about their licence is accepted; an update that brings other weights asks again. Weights of your own come with the layer `own`, and stay for the next time.',
    may: byManagers,
    body: BehaviorLayerRequest,
    reply: BehaviorLayerReply,
    refuses: ['LICENCE_NOT_ACCEPTED', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, body, who }) => behaviorLayers.choose(organization, body, who),
  }),
];
