import { defineStrings } from '../../../ui/strings/index.ts';
import de from './detail-strings.de.json' with { type: 'json' };
import en from './detail-strings.en.json' with { type: 'json' };

/** Names of figures in the evidence of a live session, and after `value.` what some of them say. */
export const detailStrings = defineStrings('console/features/sessions/detail-strings', en, de);
