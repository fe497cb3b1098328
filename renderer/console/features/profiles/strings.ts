import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

/** Of the list, the page of a profile and its versions. What the fields are called: field-strings.ts. */
export const profileStrings = defineStrings('console/features/profiles/strings', en, de);
