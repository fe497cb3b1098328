import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './held-for-strings.de.json' with { type: 'json' };
import en from './held-for-strings.en.json' with { type: 'json' };

/** Groups for which a rate holds; completes a rate, as "1 in 1,000 for every measured group". */
export const heldForStrings = defineStrings('console/reasons/held-for-strings', en, de);
