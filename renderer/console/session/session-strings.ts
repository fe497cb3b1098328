import { defineStrings } from '../../ui/strings/index.ts';
import de from './session-strings.de.json' with { type: 'json' };
import en from './session-strings.en.json' with { type: 'json' };

export const sessionStrings = defineStrings('console/session/session-strings', en, de);
