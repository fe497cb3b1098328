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
  description: 'Checks, texts and redirects of a hosted flow.',
  examples: [definition],
});

const problem = z.strictObject({
  path: z.string().describe('The field'),
  message: z.string().describe('The problem with the field'),
});

export const FlowReply = z
  .strictObject({
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

export const FlowPage = pageReply(FlowReply, 'Flows, the newest first', 'FlowPage');

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

export const FlowPreviewReply = z
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

export type FlowReply = z.output<typeof FlowReply>;
