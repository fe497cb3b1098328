import { useStrings } from '../../ui/strings/use-strings.ts';
import { captureStrings } from '../capture-strings.ts';
import type { Description } from '../session/wire.ts';
import { useText } from './use-text.ts';

/** What the check is for: the caller's words (the purpose, else the title of the page), else what its result says. */
export function usePurpose({ purpose, title, flow, product }: Description): string {
  const t = useStrings(captureStrings);
  const text = useText();
  return text(purpose) ?? text(title) ?? t(ownPurpose({ flow, ...(product !== undefined && { product }) }));
}

/** Key of our own words, where the caller has none. */
export function ownPurpose({ flow, product }: Pick<Description, 'flow' | 'product'>) {
  switch (flow) {
    case 'registration':
      return 'forRegistration';
    case 'presence':
      return 'forIdentity';
    case 'api':
      return 'forPerson';
    case 'hosted':
      if (product === 'verifyage') return 'forAge';
      return product === 'verifyidentity' || product === 'verifytrust' ? 'forIdentity' : 'forPerson';
    default:
      return flow satisfies never;
  }
}
