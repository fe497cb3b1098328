import { defineStrings } from '../../../ui/strings/index.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };

export const sessionStrings = defineStrings('console/features/sessions/strings', en, de);

/** Codes of an engine that is newer than this page are shown as they are. All of them are plain sentences, as this one. */
export const reasonKey = (code: string): 'TIME_OVER' | undefined =>
  /^[A-Z_]+$/.test(code) && code in sessionStrings.en ? (code as 'TIME_OVER') : undefined;
