import { z } from 'zod';
import type { FlowId, OrganizationId } from '../../lib/id.ts';

/** What the person has to prove (contracts/README.md, Hosted). */
export const flowProducts = ['verifyhuman', 'verifyage', 'verifyidentity', 'verifytrust'] as const;
export type FlowProduct = (typeof flowProducts)[number];

/** What the page says where a flow says nothing else. */
export const defaultTexts = {
  title: 'Verify with your face',
  intro: 'A short look into the camera is all it takes.',
  consent: 'I agree that a picture of my face is analyzed to verify me. The picture is not kept.',
  button: 'Start',
  success: 'Thank you. You can close this page.',
  failure: 'This did not work. You can try again, or ask for another way.',
} as const;

const text = (most: number) => z.string().trim().min(1).max(most);

const FlowTexts = z.strictObject({
  title: text(80).optional().describe('Heading'),
  intro: text(600).optional().describe('What it is about'),
  consent: text(2000).optional().describe('What the person agrees to'),
  button: text(40).optional().describe('On the button that starts it'),
  success: text(300).optional().describe('When it worked, where no redirect follows'),
  failure: text(300).optional().describe('When it did not, where no redirect follows'),
});

export const FlowDefinition = z.strictObject({
  name: text(80).describe('For administrators'),
  product: z.enum(flowProducts).describe('What the person has to prove'),
  profile: z.string().max(80).optional().describe('Slug of the profile; absent: `default`'),
  texts: FlowTexts.default({}).describe('What the page says; what is absent has a text of its own'),
  redirects: z
    .strictObject({
      success: z.string().max(2048).optional().describe('Where the person is led when it worked'),
      failure: z.string().max(2048).optional().describe('Where the person is led when it did not'),
    })
    .default({})
    .describe(
      'URLs that the redirect targets of the organization allow; without one the person stays on the page',
    ),
});
export type FlowDefinition = z.infer<typeof FlowDefinition>;

export interface Flow {
  id: FlowId;
  organization: OrganizationId;
  /** Of its address; made with the flow and never changed. */
  slug: string;
  /** What is edited. */
  draft: FlowDefinition;
  /** What visitors get, as it was when it was published. */
  published?: { definition: FlowDefinition; at: number; by: string };
  createdAt: number;
  createdBy: string;
  changedAt: number;
  changedBy: string;
}
