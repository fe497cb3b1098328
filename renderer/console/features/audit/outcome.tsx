import { Badge } from '../../../ui/badges/badge.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { auditStrings } from './strings.ts';

export function Outcome({ outcome }: { outcome: string }) {
  const t = useStrings(auditStrings);
  if (outcome === 'done') return <Badge kind="ok">{t('done')}</Badge>;
  return <Badge kind="bad">{outcome === 'refused' ? t('refused') : outcome}</Badge>;
}
