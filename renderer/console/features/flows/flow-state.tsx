import { Badge } from '../../../ui/badges/badge.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { stateOf } from './flow-values.ts';
import { flowStrings } from './strings.ts';

const kinds = { published: 'ok', changed: 'warn', draft: 'outline' } as const;

export function FlowState({ flow }: { flow: Schemas['Flow'] }) {
  const t = useStrings(flowStrings);
  const state = stateOf(flow);
  return <Badge kind={kinds[state]}>{t(state)}</Badge>;
}
