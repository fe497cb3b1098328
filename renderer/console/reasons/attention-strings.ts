import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './attention-strings.de.json' with { type: 'json' };
import en from './attention-strings.en.json' with { type: 'json' };

/** What needs a person, by its code: `CODE` what there is, `CODE.do` what to do. */
export const attentionStrings = defineStrings('console/reasons/attention-strings', en, de);
