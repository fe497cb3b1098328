import { defineStrings } from '../../../ui/strings/index.ts';
import de from './layer-strings.de.json' with { type: 'json' };
import en from './layer-strings.en.json' with { type: 'json' };

export const layerStrings = defineStrings('console/features/behavior/layer-strings', en, de);
