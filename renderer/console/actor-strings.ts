import { defineStrings } from '../ui/strings/define-strings.ts';
import de from './actor-strings.de.json' with { type: 'json' };
import en from './actor-strings.en.json' with { type: 'json' };

export const actorStrings = defineStrings('console/actor-strings', en, de);
