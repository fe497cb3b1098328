import { defineStrings } from '../../../ui/strings/index.ts';
import de from './name-strings.de.json' with { type: 'json' };
import en from './name-strings.en.json' with { type: 'json' };

export const nameStrings = defineStrings('console/features/setup/name-strings', en, de);
