import { defineStrings } from '../../ui/strings/define-strings.ts';
import { useStrings } from '../../ui/strings/use-strings.ts';
import de from './action-strings.de.json' with { type: 'json' };
import en from './action-strings.en.json' with { type: 'json' };

const actionStrings = defineStrings('console/reasons/action-strings', en, de);

const isAction = (action: string): action is keyof typeof en => Object.hasOwn(en, action);

/** What an action of the audit log is called; undefined for one of another release. */
export function useActionName(): (action: string) => string | undefined {
  const t = useStrings(actionStrings);
  return (action) => (isAction(action) ? t(action) : undefined);
}
