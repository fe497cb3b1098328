import { defineStrings } from '../ui/strings/define-strings.ts';
import de from './list-strings.de.json' with { type: 'json' };
import en from './list-strings.en.json' with { type: 'json' };

export const listStrings = defineStrings('console/list-strings', en, de);
