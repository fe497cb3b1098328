import { defineStrings } from '../../ui/strings/index.ts';
import de from './action-strings.de.json' with { type: 'json' };
import en from './action-strings.en.json' with { type: 'json' };

/** Names of the actions in the palette. */
export const actionStrings = defineStrings('console/frame/action-strings', en, de);
