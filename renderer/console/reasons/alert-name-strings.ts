import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import type { Schemas } from '../api/admin.ts';
import de from './alert-name-strings.de.json' with { type: 'json' };
import en from './alert-name-strings.en.json' with { type: 'json' };

/** The usual name of the rule of each metric. */
export const alertNameStrings = defineStrings('console/reasons/alert-name-strings', en, de);

export const isAlertName = (metric: unknown): metric is keyof (typeof alertNameStrings)['en'] =>
  typeof metric === 'string' && metric in alertNameStrings.en;

/** The name that an administrator gave a rule, or its usual one in the language of the reader. */
export function useAlertName(): (rule: Pick<Schemas['AlertRule'], 'name' | 'ownName' | 'metric'>) => string {
  const t = useStrings(alertNameStrings);
  return ({ name, ownName, metric }) => (ownName ? name : t(metric));
}
