import { defineStrings } from '../ui/strings/define-strings.ts';
import de from './capture-strings.de.json' with { type: 'json' };
import en from './capture-strings.en.json' with { type: 'json' };

/** The words of the page on which a person is verified. */
export const captureStrings = defineStrings('capture/capture-strings', en, de);
