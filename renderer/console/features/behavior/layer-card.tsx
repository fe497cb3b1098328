import { Checkbox } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Choice, type Option } from '../../../ui/forms/choice.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { layerStrings } from './layer-strings.ts';

type Described = Schemas['BehaviorLayer'];
type Layer = Described['layer'];

/** Rules alone, or with learned weights: those of research data only after their doubt was accepted. */
export function LayerCard({ mayChange }: { mayChange: boolean }) {
  const query = useQuery({
    queryKey: ['behavior-layer'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/behavior/layer', { params: { query: {} }, signal })),
  });
  const t = useStrings(layerStrings);
  return (
    <Card title={t('title')}>
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
      {query.data && <LayerChoice key={query.data.layer} described={query.data} mayChange={mayChange} />}
    </Card>
  );
}

function LayerChoice({ described, mayChange }: { described: Described; mayChange: boolean }) {
  const t = useStrings(layerStrings);
  const format = useFormat();
  const queryClient = useQueryClient();
  const [layer, choose] = useState<Layer>(described.layer);
  const [accepts, setAccepts] = useState(false);
  const { accepted, offered } = described;
  const isAccepted = accepted?.model === offered.id;
  const mustAccept = layer === 'research' && offered.trained.doubt !== undefined && !isAccepted;
  const saving = useMutation({
    mutationFn: () =>
      replyOf(
        admin.PUT('/api/admin/behavior/layer', {
          params: { query: {} },
          body: { layer, acceptLicenceDoubt: accepts },
        }),
      ),
    async onSuccess() {
      toast(t('saved'));
      await queryClient.invalidateQueries({ queryKey: ['behavior-layer'] });
    },
  });
  return (
    <Stack>
      {mayChange ? (
        <Choice
          legend={t('legend')}
          value={layer}
          choose={choose}
          options={optionsOf(described, t, mustAccept && <Doubt {...{ offered, accepts, setAccepts }} />)}
        />
      ) : (
        <p>{t(described.layer)}</p>
      )}
      {accepted && (
        <p className="small muted">{t('accepted', { by: accepted.by, at: format.date(accepted.at) })}</p>
      )}
      {saving.error && <LoadFailed error={saving.error} />}
      {mayChange && layer !== described.layer && (
        <Row>
          <Button
            kind="primary"
            busy={saving.isPending}
            disabled={mustAccept && !accepts}
            onClick={() => saving.mutate()}
          >
            {t('save')}
          </Button>
          {mustAccept && !accepts && <span className="small muted">{t('acceptFirst')}</span>}
        </Row>
      )}
    </Stack>
  );
}

function optionsOf(
  { own }: Described,
  t: (key: 'rules' | 'rulesHint' | 'research' | 'researchHint' | 'own' | 'ownHint') => string,
  doubt: ReactNode,
): Option<Layer>[] {
  return [
    { value: 'rules', label: t('rules'), hint: t('rulesHint') },
    { value: 'research', label: t('research'), hint: t('researchHint'), more: doubt || undefined },
    ...(own ? [{ value: 'own' as const, label: t('own'), hint: t('ownHint') }] : []),
  ];
}

function Doubt({
  offered: { id, trained },
  accepts,
  setAccepts,
}: {
  offered: Described['offered'];
  accepts: boolean;
  setAccepts(does: boolean): void;
}) {
  const t = useStrings(layerStrings);
  const format = useFormat();
  return (
    <Stack gap={12}>
      <Note
        kind="warn"
        title={t('trained', {
          id,
          at: format.date(trained.at),
          people: format.count(trained.people),
          human: format.count(trained.humanWindows),
          bots: format.count(trained.botWindows),
        })}
      >
        {trained.doubt}
      </Note>
      <Checkbox
        label={t('accept')}
        checked={accepts}
        onChange={({ currentTarget }) => setAccepts(currentTarget.checked)}
      />
    </Stack>
  );
}
