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
  intro: text(600).optional().describe('Introduction'),
  consent: text(2000).optional().describe('Consent text'),
  button: text(40).optional().describe('Label of the start button'),
  success: text(300).optional().describe('Text after success without a redirect'),
  failure: text(300).optional().describe('Text after a failure without a redirect'),
});

export const FlowDefinition = z.strictObject({
  name: text(80).describe('Name for administrators'),
  product: z.enum(flowProducts).describe('Required proof'),
  profile: z.string().max(80).optional().describe('Slug of the profile; absent: `default`'),
  texts: FlowTexts.default({}).describe('Texts of the page; absent ones have a default'),
  redirects: z
    .strictObject({
      success: z.string().max(2048).optional().describe('URL after success'),
      failure: z.string().max(2048).optional().describe('URL after a failure'),
    })
    .default({})
    .describe(
      'Redirects, allowed by the redirect targets of the organization; without one the person stays on the page',
    ),
});
export type FlowDefinition = z.infer<typeof FlowDefinition>;

export interface Flow {
  id: FlowId;
  organization: OrganizationId;
  /** Part of its URL; never changes. */
  slug: string;
  /** The version that administrators edit. */
  draft: FlowDefinition;
  /** The version that visitors see. */
  published?: { definition: FlowDefinition; at: number; by: string };
  createdAt: number;
  createdBy: string;
  changedAt: number;
  changedBy: string;
}
