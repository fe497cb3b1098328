import type { BehaviorLayers, ChosenLayer } from '../../../engine/behavior-layer/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { BehaviorLayerReply, BehaviorLayerRequest, BehaviorWeights } from './wire.ts';

export interface BehaviorLayerRouteDeps {
  behaviorLayers: Pick<BehaviorLayers, 'describe' | 'choose' | 'weights'>;
}

const about = {
  tag: 'behavior',
  within: 'organization',
  keyRefusal: 'No API key may see or change how behavior is judged: that takes an administrator.',
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

const fromLayer = ({ accepted, ...rest }: ChosenLayer): BehaviorLayerReply => ({
  ...rest,
  ...(accepted && { accepted: { ...accepted, at: time(accepted.at) } }),
});

/** The learned layer of the behavior score. */
export const behaviorLayerRoutes = ({ behaviorLayers }: BehaviorLayerRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/behavior/layer',
    operationId: 'getBehaviorLayer',
    effect: 'none',
    summary: 'Show the learned layer',
    description: 'Whether windows are judged by rules alone, and which weights may be chosen.',
    may: { operator: true, administrator: readers, key: false },
    reply: BehaviorLayerReply,
    handle: ({ organization }) => fromLayer(behaviorLayers.describe(organization)),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/behavior/layer/weights',
    operationId: 'getBehaviorWeights',
    effect: 'none',
    summary: 'Show the weights in use',
    description:
      'The whole learned layer in use, as it scores. Refused with CONFLICT where rules judge alone.',
    may: { operator: true, administrator: readers, key: false },
    reply: BehaviorWeights,
    refuses: ['CONFLICT'],
    handle: async ({ organization }) => behaviorLayers.weights(organization),
  }),
  route({
    ...about,
    method: 'PUT',
    url: '/behavior/layer',
    operationId: 'chooseBehaviorLayer',
    effect: 'weakens-protection',
    summary: 'Choose the learned layer',
    description:
      'Judges with weights beside the rules, or by the rules alone again. Weights that were trained on research data are refused with LICENCE_NOT_ACCEPTED until the doubt about their licence is accepted; an update that brings other weights asks again. Weights of your own come with the layer `own`, and stay for the next time.',
    may: changing,
    body: BehaviorLayerRequest,
    reply: BehaviorLayerReply,
    refuses: ['LICENCE_NOT_ACCEPTED', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, body: { weights, ...rest }, who }) =>
      fromLayer(await behaviorLayers.choose(organization, { ...rest, ...defined({ weights }) }, who)),
  }),
];
