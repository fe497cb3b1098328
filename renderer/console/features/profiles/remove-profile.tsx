import { useQueryClient } from '@tanstack/react-query';
import { ConsequenceList, toast } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { ConfirmOperation } from '../../operations.ts';
import { useUses } from './queries.ts';
import { profileStrings } from './strings.ts';

/** Puts the own versions of a profile away. Undone by putting the last one back. */
export function RemoveProfile({
  profile,
  close,
  done,
}: {
  profile: Schemas['Profile'];
  close(): void;
  done?: () => void;
}) {
  const t = useStrings(profileStrings);
  const queryClient = useQueryClient();
  const { slug, version, definition, replacesBuiltIn } = profile;
  const uses = useUses(slug);
  const undo = async () => {
    await api.post('/api/admin/profiles/{slug}/versions/{version}/restore', { slug, version });
    await queryClient.invalidateQueries({ queryKey: ['profiles'] });
  };
  const used = uses && uses.keys + uses.flows > 0;
  const gone = [
    replacesBuiltIn ? t('removeBack', { slug }) : t('removeGone', { slug }),
    used &&
      t('removeUsed', {
        keys: t('usedByKeys', { count: uses.keys }),
        flows: t('usedByFlows', { count: uses.flows }),
      }),
  ].filter((sentence) => sentence !== false && sentence !== undefined);
  return (
    <ConfirmOperation
      run={() => api.delete('/api/admin/profiles/{slug}', { slug })}
      refresh={['profiles']}
      done={() => {
        toast(t('removed'), { text: slug, undo: { label: t('undo'), run: () => void undo() } });
        done?.();
      }}
      title={t('removeTitle', { name: definition.name })}
      confirmLabel={t('remove')}
      cancelLabel={t('keep')}
      danger
      close={close}
    >
      <ConsequenceList gone={gone} stays={[t('removeStays')]} />
    </ConfirmOperation>
  );
}
