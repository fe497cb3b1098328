import { z } from 'zod';
import { defaultTexts, FlowDefinition, flowProducts } from '../../../engine/flows/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const FlowQuery = z.strictObject(pageQuery(idOf('flow')));

const definition = {
  name: 'Visitors',
  product: 'verifyhuman' as const,
  texts: { title: 'Welcome' },
  redirects: {},
};

export const Definition = FlowDefinition.meta({
  id: 'FlowDefinition',
  description: 'What a hosted flow asks for, says and leads to.',
  examples: [definition],
});

const problem = z.strictObject({
  path: z.string().describe('The field'),
  message: z.string().describe('What is wrong with it'),
});

export const FlowReply = z
  .strictObject({
    id: z.string().describe('Id'),
    slug: z.string().describe('Of its address; it never changes'),
    path: z.string().describe('Where the page will be; with `?mode=test` in the test world'),
    capturePage: z
      .boolean()
      .describe('Whether this release serves the page; false: the address answers 404, published or not'),
    draft: Definition.describe('What is edited'),
    published: z
      .strictObject({
        definition: Definition.describe('As it was when it was published'),
        at: time('When'),
        by: actor,
      })
      .optional()
      .describe('What visitors get; absent: not published'),
    changed: z.boolean().describe('The draft is not what is published'),
    problems: z.array(problem).describe('What stands against publishing the draft'),
    createdAt: time('When it was made'),
    createdBy: actor,
    changedAt: time('When the draft was last changed'),
    changedBy: actor,
  })
  .meta({
    id: 'Flow',
    description: 'A saved hosted flow.',
    examples: [
      {
        ...{ id: 'flw_01m7w3hb8hbf355he5zqwjztdk', slug: 'visitors-zqwjztdk55', capturePage: false },
        ...{ path: '/hosted/f/visitors-zqwjztdk55', draft: definition, changed: true, problems: [] },
        ...{ createdAt: '2026-11-20T12:00:00.000Z', createdBy: 'operator:ada' },
        ...{ changedAt: '2026-11-20T12:00:00.000Z', changedBy: 'operator:ada' },
      },
    ],
  });

export const FlowPage = pageReply(FlowReply, 'Flows, the newest first', 'FlowPage');

const text = (what: string) => z.string().describe(what);

export const FlowPreviewReply = z
  .strictObject({
    product: z.enum(flowProducts).describe('What the person has to prove'),
    texts: z
      .strictObject({
        title: text('Heading'),
        intro: text('What it is about'),
        consent: text('What the person agrees to'),
        button: text('On the button that starts it'),
        success: text('When it worked'),
        failure: text('When it did not'),
      })
      .describe('Every text, with those that the flow leaves out'),
    redirects: z
      .strictObject({
        success: z.string().optional().describe('Where the person is led when it worked'),
        failure: z.string().optional().describe('Where the person is led when it did not'),
      })
      .describe('Where the person is led; absent: the page stays'),
    profile: z
      .strictObject({
        slug: z.string().describe('Slug'),
        name: z.string().describe('Name'),
        checks: z.array(z.string()).describe('Checks that run'),
      })
      .describe('What verifies the person'),
    capturePage: z.boolean().describe('Whether this release serves the page'),
  })
  .meta({
    id: 'FlowPreview',
    description: 'What the page of a flow will show.',
    examples: [
      {
        ...{ product: 'verifyhuman' as const, texts: { ...defaultTexts }, redirects: {}, capturePage: false },
        profile: { slug: 'default', name: 'Default', checks: ['liveness'] },
      },
    ],
  });

export type FlowReply = z.output<typeof FlowReply>;
