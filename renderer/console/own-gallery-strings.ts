import { defineStrings } from '../ui/strings/define-strings.ts';
import de from './own-gallery-strings.de.json' with { type: 'json' };
import en from './own-gallery-strings.en.json' with { type: 'json' };

export const ownGalleryStrings = defineStrings('console/own-gallery-strings', en, de);
