import type { PersonalData } from '../personal-data/index.ts';
import { forgetAlerts } from './alert-store.ts';

/** Alerts about a person, and rules about one person alone. */
export const alertData: PersonalData = {
  tables: {
    alert: { columns: ['subject', 'about', 'notified'], record: { in: 'alerts' } },
    alert_rule: {
      columns: ['definition'],
      record: { leftOut: 'Rules of the organization; one about a single person is removed with the person.' },
    },
  },
  forget: forgetAlerts,
};
