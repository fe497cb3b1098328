import { defineStrings, useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

/** Of the list, the page of a profile and its versions. What the fields are called: field-strings.ts. */
export const profileStrings = defineStrings('console/features/profiles/strings', en, de);

type About = Extract<keyof (typeof profileStrings)['en'], `about.${string}`>;
const isAbout = (key: string): key is About => key in profileStrings.en;

/** What a profile is for: a built-in one in the language of the reader, one of the organization in its own words. */
export function useDescription(): (
  profile: Pick<Schemas['Profile'], 'slug' | 'builtIn' | 'definition'>,
) => string {
  const t = useStrings(profileStrings);
  return ({ slug, builtIn, definition }) => {
    const key = `about.${slug}`;
    return builtIn && isAbout(key) ? t(key) : definition.description;
  };
}
