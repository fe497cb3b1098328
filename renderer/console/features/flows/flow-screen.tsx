import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, RelativeTime } from '../../../ui/controls/index.ts';
import { Note, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { ActionMenu } from '../../../ui/tables/index.ts';
import { Actor, api, managers, type Schemas, useSession } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import { PublishFlow, RemoveFlow, UnpublishFlow } from './flow-dialogs.tsx';
import { FlowForm, flowQuery } from './flow-form.tsx';
import { stateOf } from './flow-values.ts';
import { FlowState } from './flows-screen.tsx';
import { flowStrings } from './strings.ts';

export const Route = createLazyRoute('/flows/$id')({ component: FlowScreen });

type Flow = Schemas['Flow'];

function FlowScreen() {
  const t = useStrings(flowStrings);
  const { user } = useSession();
  const { id } = Route.useParams();
  const [dirty, setDirty] = useState(false);
  const query = useQuery(flowQuery(id));
  const flow = query.data;
  const mayChange = managers.includes(user.role);
  return (
    <Page
      title={flow?.draft.name ?? t('title')}
      badge={flow && <FlowState flow={flow} />}
      lead={flow && <Lead flow={flow} />}
      parents={[{ label: t('title'), to: '/flows' }]}
      actions={flow && mayChange && <Actions flow={flow} dirty={dirty} />}
    >
      <Refused of={query} />
      {flow && !mayChange && <Note title={t('readOnly')} />}
      {flow && flow.problems.length > 0 && (
        <Note kind="bad" title={t('problems')}>
          <ul>
            {flow.problems.map(({ path, message }) => (
              <li key={`${path} ${message}`}>{message}</li>
            ))}
          </ul>
        </Note>
      )}
      {flow && <FlowForm key={id} flow={flow} mayChange={mayChange} onDirty={setDirty} />}
    </Page>
  );
}

function Lead({ flow: { published, changed, changedAt, changedBy } }: { flow: Flow }) {
  const t = useStrings(flowStrings);
  return (
    <>
      {published &&
        t.rich('publishedBy', {
          time: <RelativeTime at={published.at} />,
          by: <Actor actor={published.by} />,
        })}
      {published && changed && '. '}
      {changed &&
        t.rich('changedBy', { time: <RelativeTime at={changedAt} />, by: <Actor actor={changedBy} /> })}
    </>
  );
}

type Asked = 'publish' | 'unpublish' | 'remove';

/** Publishing is for what is saved: with changes in the form the bar at its foot saves first. */
function Actions({ flow, dirty }: { flow: Flow; dirty: boolean }) {
  const t = useStrings(flowStrings);
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const mayPublish = stateOf(flow) !== 'published' && flow.problems.length === 0;
  return (
    <>
      {mayPublish &&
        (dirty ? (
          <p className="small muted">{t('saveFirst')}</p>
        ) : (
          <Button kind="primary" onClick={() => setAsked('publish')}>
            {t(flow.published ? 'publishChanges' : 'publish')}
          </Button>
        ))}
      <FlowMenu flow={flow} ask={setAsked} />
      {asked === 'publish' && <PublishFlow flow={flow} close={close} />}
      {asked === 'unpublish' && <UnpublishFlow flow={flow} close={close} />}
      {asked === 'remove' && (
        <RemoveFlow flow={flow} close={close} done={() => void navigate({ to: '/flows' })} />
      )}
    </>
  );
}

function FlowMenu({ flow, ask }: { flow: Flow; ask(what: Asked): void }) {
  const t = useStrings(flowStrings);
  const { id, draft, published } = flow;
  const revert = useOperation(
    () => api.put('/api/admin/flows/{id}', { id }, published?.definition ?? draft),
    { toast: t('reverted'), refresh: ['flows'] },
  );
  return (
    <ActionMenu
      name={draft.name}
      actions={[
        stateOf(flow) === 'changed' && { label: t('revert'), onClick: () => revert.mutate() },
        published
          ? { label: t('unpublish'), onClick: () => ask('unpublish') }
          : { label: t('remove'), danger: true, onClick: () => ask('remove') },
      ]}
    />
  );
}
