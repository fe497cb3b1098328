import type { BehaviorLayers, ChosenLayer } from '../../../engine/behavior-layer/index.ts';
import { time } from '../../../lib/time.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { type BehaviorLayerReply, BehaviorLayerRequest, BehaviorLayerReply as Reply } from './wire.ts';

export interface BehaviorLayerRouteDeps {
  behaviorLayers: Pick<BehaviorLayers, 'describe' | 'choose'>;
}

const about = {
  tag: 'behavior',
  within: 'organization',
  url: '/behavior/layer',
  reply: Reply,
  keyRefusal: 'No API key may see or change how behavior is judged: that takes an administrator.',
} as const;

const fromLayer = ({ accepted, ...rest }: ChosenLayer): BehaviorLayerReply => ({
  ...rest,
  ...(accepted && { accepted: { ...accepted, at: time(accepted.at) } }),
});

/** The learned layer of the behavior score. */
export const behaviorLayerRoutes = ({ behaviorLayers }: BehaviorLayerRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    operationId: 'getBehaviorLayer',
    summary: 'Show the learned layer',
    description: 'Whether windows are judged by rules alone, and which weights may be chosen.',
    may: { operator: true, administrator: readers, key: false },
    handle: async ({ organization }) => fromLayer(behaviorLayers.describe(organization)),
  }),
  route({
    ...about,
    method: 'PUT',
    operationId: 'chooseBehaviorLayer',
    summary: 'Choose the learned layer',
    description:
      'Judges with weights beside the rules, or by the rules alone again. Weights that were trained on research data are refused with LICENCE_NOT_ACCEPTED until the doubt about their licence is accepted; an update that brings other weights asks again.',
    may: { operator: true, administrator: managers, key: false },
    body: BehaviorLayerRequest,
    refuses: ['LICENCE_NOT_ACCEPTED', 'STORAGE_FULL'],
    handle: async ({ organization, body, who }) =>
      fromLayer(await behaviorLayers.choose(organization, body, who)),
  }),
];
