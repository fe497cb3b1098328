import { defineStrings } from '../strings/define-strings.ts';
import de from './test-people-strings.de.json' with { type: 'json' };
import en from './test-people-strings.en.json' with { type: 'json' };

/** What the test people stand for, on the capture page and the kiosk. */
export const testPeopleStrings = defineStrings('ui/test-people/test-people-strings', en, de);
