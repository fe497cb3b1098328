import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { Button } from '../../../ui/controls/button.tsx';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { SaveBar } from '../../../ui/forms/save-bar.tsx';
import { Card, Row } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { ScopeFields, useScopeSchema } from './scope-fields.tsx';
import { changedFields, changesOf, type Scope, type ScopeValues, valuesOf } from './scope-values.ts';
import { scopeStrings } from './strings.ts';

const labels = {
  falseFlags: 'falseFlags',
  reviews: 'reviews',
  onErasure: 'erasureLegend',
  retentionDays: 'retention',
  ends: 'ends',
} as const satisfies Record<keyof ScopeValues, keyof (typeof scopeStrings)['en']>;

/** Settings of a scope; of one that has ended they begin its next epoch. */
export function ScopeForm({ scope, mayChange }: { scope: Scope; mayChange: boolean }) {
  const t = useStrings(scopeStrings);
  const ui = useStrings(uiStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  const before = valuesOf(scope);
  const form = useForm<ScopeValues>({
    resolver: zodResolver(useScopeSchema(scope.state === 'active' ? before.ends : '')),
    mode: 'onTouched',
    defaultValues: before,
    disabled: !mayChange,
  });
  const fresh = JSON.stringify(before);
  useEffect(() => form.reset(JSON.parse(fresh) as ScopeValues, { keepDirtyValues: true }), [form, fresh]);
  const ended = scope.state === 'ended';
  const saving = useMutation({
    mutationFn: (values: ScopeValues) =>
      replyOf(
        admin.PUT('/api/admin/uniqueness/scopes', {
          params: { query: { env } },
          body: { name: scope.name, ...changesOf(before, values) },
        }),
      ),
    async onSuccess(saved) {
      form.reset(valuesOf(saved));
      toast(t(ended ? 'begun' : 'saved'));
      await queryClient.invalidateQueries({ queryKey: ['scopes'] });
    },
  });
  const names = changedFields(before, useWatch({ control: form.control }) as ScopeValues);
  return (
    <Form
      form={form}
      onSubmit={(values) => saving.mutate(values)}
      failed={saving.error && <LoadFailed error={saving.error} title={ui('couldNotSave')} />}
    >
      <Card title={t('settings')}>
        <ScopeFields control={form.control} disabled={!mayChange} />
      </Card>
      {ended && mayChange && (
        <Row>
          <Button type="submit" kind="primary" busy={saving.isPending}>
            {t('begin')}
          </Button>
        </Row>
      )}
      <SaveBar
        count={mayChange && !ended ? names.length : 0}
        names={names.map((name) => t(labels[name])).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset(before)}
      />
    </Form>
  );
}
