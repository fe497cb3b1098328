import { defineStrings } from '../../../ui/strings/index.ts';
import de from './field-strings.de.json' with { type: 'json' };
import en from './field-strings.en.json' with { type: 'json' };

/** What the fields of a profile are called, and what is wrong with them. */
export const fieldStrings = defineStrings('console/features/profiles/field-strings', en, de);
