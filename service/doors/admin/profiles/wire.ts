import { z } from 'zod';
import { type CheckName, checkNames } from '../../../engine/checks/index.ts';
import { builtInProfiles, ProfileDefinition } from '../../../engine/profiles/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'It must be lower-case letters, digits and hyphens.');

/** Pages go on after the id of a built-in profile, or the slug of an own one. */
export const ProfileQuery = z.strictObject(pageQuery(z.string().max(80)));
export const AnyProfile = z.strictObject({ slug: z.string().max(80).describe('Slug or id of the profile') });
export const OwnProfile = z.strictObject({ slug: slug.describe('Slug of the profile') });

const rule = ProfileDefinition.shape.checks.valueType.meta({ id: 'CheckRule' });
const rules = Object.fromEntries(checkNames.map((name) => [name, rule])) as Record<CheckName, typeof rule>;

/** As the engine has it, with each check by its name in the OpenAPI document. */
export const Definition = ProfileDefinition.extend({
  checks: z.strictObject(rules).describe('One rule for each check.'),
}).meta({
  id: 'ProfileDefinition',
  description: 'What a verification checks, and how strictly.',
});

const [builtIn] = builtInProfiles;

export const ProfileReply = z
  .strictObject({
    id: z.string().describe('`builtin:<slug>`, or the id of this version'),
    slug: z.string().describe('What calls name it by'),
    version: z.int().describe('Its newest version'),
    builtIn: z.boolean().describe('Whether it comes with the product'),
    definition: Definition,
  })
  .meta({ id: 'Profile', description: 'A verification profile.', examples: [builtIn] });

export const ProfilePage = pageReply(
  ProfileReply,
  'Built-in profiles that the organization has not replaced, then its own by slug',
  'ProfilePage',
);

export const ProfileResetReply = z
  .strictObject({ builtIn: ProfileReply.optional().describe('The built-in profile that holds again') })
  .meta({ id: 'ProfileReset', description: 'What holds after a reset.', examples: [{}] });
