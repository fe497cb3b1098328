import type { Flow, Flows } from '../../../engine/flows/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { FlowId } from '../../../lib/id.ts';
import { paramsOf } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromFlow } from './translate.ts';
import { Definition, FlowPage, FlowPreviewReply, FlowQuery, FlowReply } from './wire.ts';

export interface FlowRouteDeps {
  flows: Pick<
    Flows,
    'page' | 'get' | 'problems' | 'preview' | 'create' | 'change' | 'publish' | 'unpublish' | 'remove'
  >;
}

const about = {
  tag: 'flows',
  within: 'organization',
  keyRefusal: 'No API key may see or change hosted flows: that takes an administrator.',
} as const;
const looking = { operator: true, administrator: readers, key: false } as const;
const changing = { operator: true, administrator: managers, key: false } as const;
const params = paramsOf('flow');

/** Saved hosted flows. */
export const flowRoutes = (deps: FlowRouteDeps): AdminRoute[] => [
  ...lookingRoutes(deps),
  ...changingRoutes(deps),
  ...publishingRoutes(deps),
];

const replyOf = async (flows: FlowRouteDeps['flows'], flow: Flow) =>
  fromFlow(flow, await flows.problems(flow));

const lookingRoutes = ({ flows }: FlowRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/flows',
    operationId: 'listFlows',
    effect: 'none',
    summary: 'List hosted flows',
    description: 'Hosted verification pages, published or not.',
    may: looking,
    query: FlowQuery,
    reply: FlowPage,
    async handle({ organization, query: { limit, cursor } }) {
      const page = defined({ before: cursor as FlowId | undefined, limit: limit + 1 });
      const found = await flows.page(organization, page);
      return toPage(await Promise.all(found.map((flow) => replyOf(flows, flow))), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/flows/:id',
    operationId: 'getFlow',
    effect: 'none',
    summary: 'Show a hosted flow',
    description: 'The draft, the published copy, and the problems that prevent publishing.',
    may: looking,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ organization, params: { id } }) =>
      replyOf(flows, await flows.get(organization, id as FlowId)),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/flows/:id/preview',
    operationId: 'previewFlow',
    effect: 'none',
    summary: 'Preview the page of a flow',
    description: 'All texts and the checks of the profile, from the draft.',
    may: looking,
    params,
    reply: FlowPreviewReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
    handle: async ({ organization, params: { id } }) =>
      flows.preview(await flows.get(organization, id as FlowId)),
  }),
];

const changingRoutes = ({ flows }: FlowRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/flows',
    operationId: 'createFlow',
    effect: 'none',
    summary: 'Create a hosted flow',
    description:
      'The new flow is a draft. Its redirects have to be among the redirect targets of the organization.',
    may: changing,
    body: Definition,
    status: 201,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, body, who }) =>
      replyOf(flows, await flows.create(organization, body, who)),
  }),
  route({
    ...about,
    method: 'PUT',
    url: '/flows/:id',
    operationId: 'changeFlow',
    effect: 'opens-the-box',
    summary: 'Change a hosted flow',
    description: 'Changes the draft; visitors see it after the next publication.',
    may: changing,
    params,
    body: Definition,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, body, who }) =>
      replyOf(flows, await flows.change(organization, id as FlowId, body, who)),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/flows/:id',
    operationId: 'removeFlow',
    effect: 'none',
    summary: 'Delete a hosted flow',
    description: 'Refused for a published flow.',
    may: changing,
    params,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => flows.remove(organization, id as FlowId, who),
  }),
];

const publishingRoutes = ({ flows }: FlowRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/flows/:id/publish',
    operationId: 'publishFlow',
    effect: 'opens-the-box',
    summary: 'Publish a hosted flow',
    description: 'Visitors see the draft from now on, at `path` of this box.',
    may: changing,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      replyOf(flows, await flows.publish(organization, id as FlowId, who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/flows/:id/unpublish',
    operationId: 'unpublishFlow',
    effect: 'none',
    summary: 'Unpublish a hosted flow',
    description: 'The flow is kept with its URL.',
    may: changing,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      replyOf(flows, await flows.unpublish(organization, id as FlowId, who)),
  }),
];
