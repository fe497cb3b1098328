import { Badge } from '../../../ui/controls/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Claim } from './evidence-query.ts';
import { evidenceStrings } from './strings.ts';

const kinds = { holds: 'ok', part: 'warn', missed: 'bad', none: 'outline' } as const;

/** Whether the goal of a figure is reached. */
export function Verdict({ of }: { of: Claim['verdict'] }) {
  const t = useStrings(evidenceStrings);
  return <Badge kind={kinds[of]}>{t(of)}</Badge>;
}

/** Words of the published figures, which are English in each language of the console. */
export const English = ({ children }: { children: string }) => <span lang="en">{children}</span>;
