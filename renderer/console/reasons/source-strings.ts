import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './source-strings.de.json' with { type: 'json' };
import en from './source-strings.en.json' with { type: 'json' };

/** Where the pictures of a verification or a live session came from. */
export const sourceStrings = defineStrings('console/reasons/source-strings', en, de);
