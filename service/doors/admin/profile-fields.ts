import { z } from 'zod';
import {
  builtInProfiles,
  type CheckName,
  checkNames,
  ProfileDefinition,
} from '../../engine/matching/index.ts';

export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'It must be lower-case letters, digits and hyphens.');
export const AnyProfile = z.strictObject({ slug: z.string().max(80).describe('Slug or id of the profile') });
export const OwnProfile = z.strictObject({ slug: slug.describe('Slug of the profile') });
export const rule = ProfileDefinition.shape.checks.valueType.meta({
  id: 'CheckRule',
  description: 'Rule of one check.',
});
const rules = Object.fromEntries(checkNames.map((name) => [name, rule])) as Record<CheckName, typeof rule>;
/** As the engine has it, with each check by its name in the OpenAPI document. */
export const Definition = ProfileDefinition.extend({
  checks: z.strictObject(rules).describe('One rule for each check.'),
}).meta({
  id: 'ProfileDefinition',
  description: 'Checks and thresholds of verifications.',
  examples: [builtInProfiles[0]!.definition],
});
