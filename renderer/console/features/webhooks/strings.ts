import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

/** Of the list, the page of one webhook and its dialogs. */
export const webhookStrings = defineStrings('console/features/webhooks/strings', en, de);
