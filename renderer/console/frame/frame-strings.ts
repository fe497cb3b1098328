import { defineStrings } from '../../ui/strings/index.ts';
import de from './frame-strings.de.json' with { type: 'json' };
import en from './frame-strings.en.json' with { type: 'json' };

/** Of the frame: navigation, header, palette, and the pages for what cannot be shown. */
export const frameStrings = defineStrings('console/frame/frame-strings', en, de);
export const roleNames = {
  owner: 'roleOwner',
  administrator: 'roleAdministrator',
  operator: 'roleOperator',
  reviewer: 'roleReviewer',
  auditor: 'roleAuditor',
} as const;
