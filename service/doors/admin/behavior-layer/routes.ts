import type { BehaviorLayers, ChosenLayer } from '../../../engine/behavior-layer/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { BehaviorLayerReply, BehaviorLayerRequest, BehaviorWeights, BehaviorZeroRequest } from './wire.ts';

export interface BehaviorLayerRouteDeps {
  behaviorLayers: Pick<BehaviorLayers, 'describe' | 'choose' | 'setZero' | 'weights' | 'adapt' | 'measure'>;
}

const about = {
  tag: 'behavior',
  within: 'organization',
  keyRefusal: 'No API key may see or change how behavior is judged: that takes an administrator.',
} as const;
const changing = { operator: true, administrator: managers, key: false } as const;

const fromLayer = ({ accepted, zero, ...rest }: ChosenLayer): BehaviorLayerReply => ({
  ...rest,
  ...(accepted && { accepted: { ...accepted, at: time(accepted.at) } }),
  ...(zero && { zero: { ...zero, at: time(zero.at) } }),
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
    handle: async ({ organization }) => ({
      ...fromLayer(behaviorLayers.describe(organization)),
      ...defined({ site: await behaviorLayers.measure(organization) }),
    }),
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
  route({
    ...about,
    method: 'PUT',
    url: '/behavior/layer/zero',
    operationId: 'setBehaviorZero',
    effect: 'weakens-protection',
    summary: 'Set the zero of your own people',
    description:
      'Moves the zero of the weights in use to where 1 % of your own people lie below it, or back. `gatehouse behavior recalibrate` measures it on windows of people confirmed by a face or a passkey, a little lower than the quantile of the people measured, so that it holds for people who come later. Refused with CONFLICT for fewer than 500 windows or 30 people, and for a zero more than 1.5 below that of the weights, or more than 3 above. Other weights have no own zero until it is measured for them. With `adapts` the appliance measures it daily on people whose live sessions were approved, and moves it within the same limits; every move is in the audit log.',
    may: changing,
    body: BehaviorZeroRequest,
    reply: BehaviorLayerReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, body: { zero, adapts }, who }) => {
      if (zero !== undefined) await behaviorLayers.setZero(organization, zero ?? undefined, who);
      if (adapts !== undefined) await behaviorLayers.adapt(organization, adapts, who);
      return fromLayer(behaviorLayers.describe(organization));
    },
  }),
];
