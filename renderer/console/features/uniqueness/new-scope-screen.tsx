import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { type Control, useController, useForm } from 'react-hook-form';
import { z } from 'zod';
import { Button, ButtonLink } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Choice } from '../../../ui/forms/choice.tsx';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Row, Stack } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { ownScopeQuery } from './queries.ts';
import { ScopeFields, useScopeSchema } from './scope-fields.tsx';
import { changesOf, defaultValues, type ScopeValues } from './scope-values.ts';
import { scopeStrings } from './strings.ts';

export const Route = createLazyRoute('/uniqueness/new')({ component: NewScopeScreen });

function useSchema() {
  const t = useStrings(scopeStrings);
  return useScopeSchema().and(
    z
      .object({ where: z.enum(['organization', 'region']), name: z.string().trim().max(128) })
      .refine(({ where, name }) => where === 'organization' || name !== '', {
        path: ['name'],
        message: t('regionMissing'),
      }),
  );
}
type Values = ScopeValues & { where: 'organization' | 'region'; name: string };

function NewScopeScreen() {
  const t = useStrings(scopeStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const form = useForm<Values>({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: { ...defaultValues, where: 'region', name: '' },
  });
  const create = useMutation({
    mutationFn: ({ where, name, ...values }: Values) =>
      replyOf(
        admin.PUT('/api/admin/uniqueness/scopes', {
          params: { query: { env } },
          body: { name: where === 'organization' ? '' : name, ...changesOf(defaultValues, values) },
        }),
      ),
    async onSuccess({ id, name }) {
      toast(t('added'), { text: name || t('own') });
      await queryClient.invalidateQueries({ queryKey: ['scopes'] });
      await navigate({ to: '/uniqueness/$id', params: { id } });
    },
  });
  return (
    <Page
      title={t('create')}
      lead={t('createLead')}
      parents={[{ label: t('title'), to: '/uniqueness' }]}
      reading
    >
      <Form
        form={form}
        onSubmit={(values) => create.mutate(values)}
        failed={create.error && <LoadFailed error={create.error} title={ui('couldNotSave')} />}
      >
        <Card title={t('where')}>
          <Where control={form.control} />
        </Card>
        <Card title={t('settings')}>
          <ScopeFields control={form.control as unknown as Control<ScopeValues>} />
        </Card>
        <Row>
          <Button type="submit" kind="primary" busy={create.isPending}>
            {t('create')}
          </Button>
          <ButtonLink to="/uniqueness">{ui('cancel')}</ButtonLink>
        </Row>
      </Form>
    </Page>
  );
}

function Where({ control }: { control: Control<Values> }) {
  const t = useStrings(scopeStrings);
  const own = useQuery(ownScopeQuery(useWorld()));
  const { field } = useController({ control, name: 'where' });
  const region = (
    <TextField
      control={control}
      name="name"
      label={t('regionName')}
      hint={t('regionNameHint')}
      maxLength={128}
      spellCheck={false}
    />
  );
  // Its own is set up once: it is changed on its page.
  if (own.data) return region;
  return (
    <Stack>
      <Choice
        legend={t('where')}
        value={field.value}
        choose={field.onChange}
        options={[
          { value: 'region', label: t('inRegion'), hint: t('inRegionHint'), more: region },
          { value: 'organization', label: t('inOrganization'), hint: t('inOrganizationHint') },
        ]}
      />
    </Stack>
  );
}
