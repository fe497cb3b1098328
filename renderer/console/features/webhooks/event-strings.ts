import { defineStrings } from '../../../ui/strings/index.ts';
import de from './event-strings.de.json' with { type: 'json' };
import en from './event-strings.en.json' with { type: 'json' };

/** When each event is sent. The English sentences are those of the service (`test/docs/webhook-catalog.test.ts`). */
export const eventStrings = defineStrings('console/features/webhooks/event-strings', en, de);
export const isDescribed = (name: string): name is keyof typeof en => name in en;
