import { defineStrings } from '../../../../ui/strings/index.ts';
import de from './delivery-strings.de.json' with { type: 'json' };
import en from './delivery-strings.en.json' with { type: 'json' };

/** Of deliveries and their attempts. */
export const deliveryStrings = defineStrings('console/features/webhooks/deliveries/delivery-strings', en, de);
