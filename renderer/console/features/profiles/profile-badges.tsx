import { Badge, Maturity } from '../../../ui/badges/badge.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { profileStrings } from './strings.ts';

/** How far a profile is proven; of an own one nothing was measured. */
export function ProfileMaturity({ level }: { level: Schemas['ProfileDefinition']['maturity'] }) {
  const t = useStrings(profileStrings);
  if (level !== 'custom') return <Maturity level={level} />;
  return (
    <span title={t('unmeasuredHint')}>
      <Badge kind="outline">{t('unmeasured')}</Badge>
    </span>
  );
}

/** Where its pictures have to come from; nothing where that is open. */
export function KioskOnly({ definition }: { definition: Pick<Schemas['ProfileDefinition'], 'capture'> }) {
  const t = useStrings(profileStrings);
  if (definition.capture !== 'kiosk') return null;
  return (
    <span title={t('kioskOnlyHint')}>
      <Badge kind="info">{t('kioskOnly')}</Badge>
    </span>
  );
}

/** Where it comes from. */
export function Origin({ profile }: { profile: Pick<Schemas['Profile'], 'builtIn' | 'replacesBuiltIn'> }) {
  const t = useStrings(profileStrings);
  return <>{t(profile.builtIn ? 'builtIn' : profile.replacesBuiltIn ? 'ownInstead' : 'own')}</>;
}

/** Whether calls without a profile run it, and whether callers may name it. */
export function Standing({
  slug,
  allowed,
}: {
  slug: string;
  allowed: { byDefault: string; mayName(slug: string): boolean } | undefined;
}) {
  const t = useStrings(profileStrings);
  if (allowed === undefined) return null;
  if (!allowed.mayName(slug))
    return (
      <span title={t('notAllowedHint')}>
        <Badge kind="outline">{t('notAllowed')}</Badge>
      </span>
    );
  if (allowed.byDefault !== slug) return null;
  return (
    <span title={t('defaultHint')}>
      <Badge kind="info">{t('default')}</Badge>
    </span>
  );
}
