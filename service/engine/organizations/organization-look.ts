import { createHash } from 'node:crypto';
import type { Logo } from '../../inference/pictures/read-logo.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { ConsentLanguage, LogoFacts, Organization } from './organization.ts';

/** What stands on a page that asks a person for something. */
export interface OrganizationLook {
  name: string;
  /** A PNG as a data URL. */
  logo?: string;
  /** `#rrggbb`, behind the first letter of the name where there is no logo. */
  color?: string;
  /** For a browser that asks for none of the page's languages. */
  language?: ConsentLanguage;
}

export const factsOf = ({ png, width, height }: Logo): LogoFacts => ({
  width,
  height,
  sha256: createHash('sha256').update(png).digest('hex'),
});

export const lookOf = (
  { name, color, consentLanguage }: Pick<Organization, 'name' | 'color' | 'consentLanguage'>,
  png: Uint8Array | undefined,
): OrganizationLook => ({
  name,
  ...defined({ color, language: consentLanguage }),
  ...(png && { logo: `data:image/png;base64,${Buffer.from(png).toString('base64')}` }),
});

/** In lower case. Throws INVALID_REQUEST. */
export function checkColor(text: string): string {
  if (/^#[0-9a-f]{6}$/i.test(text)) return text.toLowerCase();
  const message = 'Write the color as #rrggbb, such as #1f4e3d.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'color', message }] });
}
