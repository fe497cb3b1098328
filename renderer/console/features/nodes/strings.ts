import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

export const nodeStrings = defineStrings('console/features/nodes/strings', en, de);
