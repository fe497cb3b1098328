import { defineStrings } from './define-strings.ts';
import de from './ui-strings.de.json' with { type: 'json' };
import en from './ui-strings.en.json' with { type: 'json' };

/** Of components that know no feature. */
export const uiStrings = defineStrings('ui/strings/ui-strings', en, de);
