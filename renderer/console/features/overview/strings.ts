import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

export const overviewStrings = defineStrings('console/features/overview/strings', en, de);
