import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { NumberField, SwitchField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { SaveBar } from '../../../ui/forms/save-bar.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { AgentsCard } from './agents-card.tsx';
import { LayerCard } from './layer-card.tsx';
import { behaviorStrings } from './strings.ts';

export const Route = createLazyRoute('/behavior/settings')({ component: BehaviorSettingsScreen });

type Settings = Schemas['BehaviorSettings'];

function BehaviorSettingsScreen() {
  const t = useStrings(behaviorStrings);
  const { user } = useSession();
  const query = useQuery({
    queryKey: ['behavior-settings'],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/behavior/settings', { params: { query: {} }, signal })),
  });
  const mayChange = managers.includes(user.role);
  return (
    <Page title={t('settingsTitle')} parents={[{ label: t('title'), to: '/behavior' }]} reading>
      {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <Stack gap={24}>
          <SettingsForm settings={query.data} mayChange={mayChange} />
          <LayerCard mayChange={mayChange} />
          <AgentsCard agents={query.data.agents} mayChange={mayChange} />
        </Stack>
      )}
    </Page>
  );
}

function SettingsForm({ settings, mayChange }: { settings: Settings; mayChange: boolean }) {
  const t = useStrings(behaviorStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const { tokenHours, challengePictures } = settings;
  const wrong = t('tokenHoursWrong');
  const form = useForm({
    resolver: zodResolver(
      z.object({ tokenHours: z.int(wrong).min(1, wrong).max(168, wrong), challengePictures: z.boolean() }),
    ),
    mode: 'onTouched',
    defaultValues: { tokenHours, challengePictures },
    disabled: !mayChange,
  });
  useEffect(
    () => form.reset({ tokenHours, challengePictures }, { keepDirtyValues: true }),
    [form, tokenHours, challengePictures],
  );
  const saving = useMutation({
    mutationFn: (body: { tokenHours: number; challengePictures: boolean }) =>
      replyOf(admin.PUT('/api/admin/behavior/settings', { params: { query: {} }, body })),
    async onSuccess(_, values) {
      form.reset(values);
      toast(t('saved'));
      await queryClient.invalidateQueries({ queryKey: ['behavior-settings'] });
    },
  });
  const { dirtyFields } = form.formState;
  const names = (['tokenHours', 'challengePictures'] as const).filter((name) => dirtyFields[name]);
  return (
    <Form
      form={form}
      onSubmit={(values) => saving.mutate(values)}
      failed={saving.error && <LoadFailed error={saving.error} title={ui('couldNotSave')} />}
    >
      <Card>
        <Stack>
          <NumberField
            control={form.control}
            name="tokenHours"
            label={t('tokenHours')}
            hint={t('tokenHoursHint')}
            disabled={!mayChange}
          />
          <SwitchField
            control={form.control}
            name="challengePictures"
            label={t('challengePictures')}
            hint={t('challengePicturesHint')}
            disabled={!mayChange}
          />
        </Stack>
      </Card>
      <SaveBar
        count={names.length}
        names={names.map((name) => t(name)).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset()}
      />
    </Form>
  );
}
