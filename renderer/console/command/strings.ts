import { defineStrings } from '../../ui/strings/define-strings.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

export const commandStrings = defineStrings('console/command/strings', en, de);
