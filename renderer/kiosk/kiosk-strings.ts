import { defineStrings } from '../ui/strings/define-strings.ts';
import de from './kiosk-strings.de.json' with { type: 'json' };
import en from './kiosk-strings.en.json' with { type: 'json' };

export const kioskStrings = defineStrings('kiosk/kiosk-strings', en, de);
