import { defineStrings } from '../../../../ui/strings/index.ts';
import de from './form-strings.de.json' with { type: 'json' };
import en from './form-strings.en.json' with { type: 'json' };

/** Of creating and changing a webhook. */
export const formStrings = defineStrings('console/features/webhooks/form/form-strings', en, de);
