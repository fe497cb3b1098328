import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  defaultTexts,
  type Flow,
  FlowDefinition,
  type Flows,
  flowProducts,
} from '../../engine/live/index.ts';
import { actor, time } from '../../lib/record-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const definition = {
  name: 'Visitors',
  product: 'verifyhuman' as const,
  texts: { title: 'Welcome' },
  redirects: {},
};

const Definition = FlowDefinition.meta({
  id: 'FlowDefinition',
  description: 'Checks, texts and redirects of a hosted flow.',
  examples: [definition],
});

const problem = z.strictObject({
  path: z.string().describe('The field'),
  message: z.string().describe('The problem with the field'),
});

const FlowReply = z
  .object({
    id: z.string().describe('Id'),
    slug: z.string().describe('Part of its URL; never changes'),
    path: z.string().describe('URL of the page; with `?mode=test` in the test world'),
    draft: Definition.describe('The draft'),
    published: z
      .strictObject({
        definition: Definition.describe('The flow at the time of the publication'),
        at: time('When'),
        by: actor,
      })
      .optional()
      .describe('The published copy; absent: not published'),
    changed: z.boolean().describe('Whether the draft differs from the published copy'),
    problems: z.array(problem).describe('Problems that prevent publishing the draft'),
    createdAt: time('Time of creation'),
    createdBy: actor,
    changedAt: time('Time of the last change of the draft'),
    changedBy: actor,
  })
  .meta({
    id: 'Flow',
    description: 'A saved hosted flow.',
    examples: [
      {
        id: 'flw_01m7w3hb8hbf355he5zqwjztdk',
        slug: 'visitors-zqwjztdk55',
        path: '/hosted/f/visitors-zqwjztdk55',
        draft: definition,
        changed: true,
        problems: [],
        createdAt: '2026-11-20T12:00:00.000Z',
        createdBy: 'operator:ada',
        changedAt: '2026-11-20T12:00:00.000Z',
        changedBy: 'operator:ada',
      },
    ],
  });

const text = (what: string) => z.string().describe(what);

const WholeTexts = z
  .strictObject({
    title: text('Heading'),
    intro: text('Introduction'),
    consent: text('Consent text'),
    button: text('Label of the start button'),
    success: text('Text after success'),
    failure: text('Text after a failure'),
  })
  .meta({
    id: 'FlowPageTexts',
    description: 'Texts of the page in one language.',
    examples: [defaultTexts.en],
  });
const inLanguages = z.strictObject({
  en: WholeTexts.describe('In English'),
  de: WholeTexts.describe('In German'),
});

const FlowPreviewReply = z
  .strictObject({
    product: z.enum(flowProducts).describe('Required proof'),
    texts: inLanguages.describe('All texts, including the defaults'),
    builtIn: inLanguages.describe('The defaults'),
    redirects: z
      .strictObject({
        success: z.string().optional().describe('URL after success'),
        failure: z.string().optional().describe('URL after a failure'),
      })
      .describe('Redirects; absent: the person stays on the page'),
    profile: z
      .strictObject({
        slug: z.string().describe('Slug'),
        name: z.string().describe('Name'),
        checks: z.array(z.string()).describe('Checks that run'),
      })
      .describe('The profile'),
  })
  .meta({
    id: 'FlowPreview',
    description: 'Content of the page of a flow.',
    examples: [
      {
        product: 'verifyhuman' as const,
        texts: defaultTexts,
        builtIn: defaultTexts,
        redirects: {},
        profile: { slug: 'default', name: 'Default', checks: ['liveness'] },
      },
    ],
  });

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
const params = paramsOf('flow');

const replyOf = async (flows: FlowRouteDeps['flows'], flow: Flow) => ({
  ...flow,
  path: `/hosted/f/${flow.slug}`,
  problems: await flows.problems(flow),
  changed: !isDeepStrictEqual(flow.draft, flow.published?.definition),
});

/** Saved hosted flows. */
export const flowRoutes = ({ flows }: FlowRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/flows',
    operationId: 'listFlows',
    effect: 'none',
    summary: 'List hosted flows',
    description: 'Hosted verification pages, published or not.',
    may: byReaders,
    item: FlowReply,
    items: 'Flows, the newest first',
    page: 'FlowPage',
    key: idOf('flow'),
    rows: async ({ organization }, part) =>
      Promise.all((await flows.page(organization, part)).map((flow) => replyOf(flows, flow))),
  }),
  route('GET /flows/:id', {
    ...about,
    operationId: 'getFlow',
    effect: 'none',
    summary: 'Show a hosted flow',
    description: 'The draft, the published copy, and the problems that prevent publishing.',
    may: byReaders,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ organization, params: { id } }) => replyOf(flows, await flows.get(organization, id)),
  }),
  route('GET /flows/:id/preview', {
    ...about,
    operationId: 'previewFlow',
    effect: 'none',
    summary: 'Preview the page of a flow',
    description: 'All texts and the checks of the profile, from the draft.',
    may: byReaders,
    params,
    reply: FlowPreviewReply,
    refuses: ['NOT_FOUND', 'PROFILE_NOT_FOUND'],
    handle: async ({ organization, params: { id } }) => flows.preview(await flows.get(organization, id)),
  }),
  route('POST /flows', {
    ...about,
    operationId: 'createFlow',
    effect: 'none',
    summary: 'Create a hosted flow',
    description:
      'The new flow is a draft. Its redirects have to be among the redirect targets of the organization.',
    may: byManagers,
    body: Definition,
    status: 201,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ organization, body, who }) =>
      replyOf(flows, await flows.create(organization, body, who)),
  }),
  route('PUT /flows/:id', {
    ...about,
    operationId: 'changeFlow',
    effect: 'opens-the-box',
    summary: 'Change a hosted flow',
    description: 'Changes the draft; visitors see it after the next publication.',
    may: byManagers,
    params,
    body: Definition,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, body, who }) =>
      replyOf(flows, await flows.change(organization, id, body, who)),
  }),
  route('DELETE /flows/:id', {
    ...about,
    operationId: 'removeFlow',
    effect: 'none',
    summary: 'Delete a hosted flow',
    description: 'Refused for a published flow.',
    may: byManagers,
    params,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ organization, params: { id }, who }) => flows.remove(organization, id, who),
  }),
  route('POST /flows/:id/publish', {
    ...about,
    operationId: 'publishFlow',
    effect: 'opens-the-box',
    summary: 'Publish a hosted flow',
    description: 'Visitors see the draft from now on, at `path` of this box.',
    may: byManagers,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      replyOf(flows, await flows.publish(organization, id, who)),
  }),
  route('POST /flows/:id/unpublish', {
    ...about,
    operationId: 'unpublishFlow',
    effect: 'none',
    summary: 'Unpublish a hosted flow',
    description: 'The flow is kept with its URL.',
    may: byManagers,
    params,
    reply: FlowReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, params: { id }, who }) =>
      replyOf(flows, await flows.unpublish(organization, id, who)),
  }),
];
