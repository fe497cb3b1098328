import { defineStrings } from '../../ui/strings/define-strings.ts';

/** Groups for which a rate holds; completes a rate, as "1 in 1,000 for every measured group". */
export const heldForStrings = defineStrings(
  {
    'every-group': 'for every measured group',
    average: 'on average',
  },
  {
    'every-group': 'für jede gemessene Gruppe',
    average: 'im Durchschnitt',
  },
);
