import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

export const verifyStrings = defineStrings('console/features/verify/strings', en, de);
