import { z } from 'zod';
import type { Check, Finding, PersonalInputs } from './check.ts';
import { rule } from './rule.ts';

export const GeoFence = z.strictObject({
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(250)
    .describe('ISO 3166-1 alpha-2 codes that the check geoFence allows; empty: the check is skipped.'),
});
export type GeoFence = z.infer<typeof GeoFence>;

/** 1 when the country is on the profile's list, else 0. */
export function geoFence(fence: GeoFence | undefined, country: string | undefined): Finding {
  if (fence === undefined || fence.countries.length === 0)
    return { skipped: 'The profile names no countries.' };
  if (country === undefined)
    return {
      skipped: 'No country is known: send a location, or add a site for the network.',
      missing: true,
    };
  const here = country.toUpperCase();
  const details = { country: here };
  if (fence.countries.includes(here)) return { score: 1, details };
  return { score: 0, reason: 'Verification is not allowed from this country.', details };
}

export const geoFenceCheck = {
  name: 'geoFence',
  defaultRule: rule(0.1, 0.5, true),
  maturity: 'proven',
  sentence: 'Verification is not allowed from this country.',
  withoutInput: 'fail-if-hard',
  storedReason: 'Not allowed from there.',
  settings: { geoFence: GeoFence.optional().describe('Settings of the check geoFence.') },
  run: ({ place }: PersonalInputs, settings: { geoFence?: GeoFence | undefined }) =>
    geoFence(settings.geoFence, place?.country),
} as const satisfies Check;
