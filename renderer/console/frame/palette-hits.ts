import { useDebouncedValue } from '@mantine/hooks';
import {
  IconAdjustmentsHorizontal,
  IconAlertTriangle,
  IconCertificate,
  IconClockX,
  IconDatabaseExport,
  IconDeviceTablet,
  IconFileCertificate,
  IconFileText,
  IconFingerprint,
  IconKey,
  IconListCheck,
  IconMapPin,
  IconRoute,
  IconShieldCheck,
  IconShieldLock,
  IconUser,
  IconUserCheck,
  IconUserMinus,
  IconUserPlus,
  IconUsersGroup,
  IconWebhook,
  type TablerIcon,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { isFoundIn } from '../../../sdk/admin/fold-case.ts';
import { readReference, referenceOf } from '../../../sdk/admin/reference.ts';
import { defineStrings, useFormat, useStrings } from '../../ui/strings/index.ts';
import { read, whole } from '../api/admin.ts';
import { refusalStrings } from '../reasons/refusal-words.tsx';
import {
  auditors,
  managers,
  mayOpen,
  operators,
  readers,
  type ScreenData,
  sessionReaders,
} from '../screen-data.ts';
import { useSession, useWorld } from '../session/session-query.ts';
import de from './action-strings.de.json' with { type: 'json' };
import en from './action-strings.en.json' with { type: 'json' };
import { frameStrings } from './frame-strings.ts';
import { hrefOfId } from './href-of-id.ts';
import { useNavigation } from './use-navigation.ts';

/** Names of the actions in the palette, and other words for each. */
const actionStrings = defineStrings('console/frame/action-strings', en, de);

export interface Hit {
  key: string;
  group: 'palettePeople' | 'paletteNamed' | 'paletteCases' | 'paletteScreens' | 'paletteActions';
  label: string;
  detail?: string | undefined;
  icon: TablerIcon;
  href: string;
}

/** Rows that the palette shows at most. */
const MOST = 12;
const ID = /^[a-z]+_[0-9a-z]{26}$/;

/** What the palette offers for `text`, the closest first. */
export function useHits(text: string): Hit[] {
  const onlyActions = text.startsWith('>');
  const wanted = (onlyActions ? text.slice(1) : text).trim();
  const asked = useDebouncedValue(onlyActions ? '' : wanted, 200)[0];
  const found = useFound(asked);
  const named = useNamed(asked);
  const screens = useScreens().filter(({ label }) => isFoundIn(wanted, [label]));
  const actions = useActions().filter(({ label, words }) => isFoundIn(wanted, [label, words]));
  const codes = useErrorCodes(asked);
  if (onlyActions) return actions.slice(0, MOST);
  const hits = [...found, ...named, ...codes, ...screens, ...actions];
  return [...hits, ...useRequest(hits.length === 0 ? asked : '')].slice(0, MOST);
}

function useScreens(): Hit[] {
  const t = useStrings(frameStrings);
  return useNavigation()
    .flatMap(({ entries }) => entries)
    .map(({ to, label, icon }) => ({
      key: to,
      group: 'paletteScreens',
      label: t(label as 'overview'),
      icon,
      href: to,
    }));
}

/** What the service knows by this text: people by name or address, and the case of an id or of a reference that a person was shown. */
function useFound(asked: string): Hit[] {
  const t = useStrings(frameStrings);
  const format = useFormat();
  const env = useWorld();
  const { user } = useSession();
  const { routesByPath } = useRouter();
  const { verification, session } = readReference(asked);
  const reads = readers.includes(user.role);
  const people = useQuery({
    ...read('/api/admin/subjects', { env, search: asked, limit: 6 }),
    enabled: reads && asked.length >= 2 && !ID.test(asked),
  });
  const verifications = useQuery({
    ...read('/api/admin/verifications', { env, reference: verification, limit: 6 }),
    enabled: reads && verification !== undefined,
  });
  const sessions = useQuery({
    ...read('/api/admin/sessions', { env, reference: session, limit: 6 }),
    enabled: sessionReaders.includes(user.role) && session !== undefined,
  });
  const delivery = useQuery({
    ...read('/api/admin/deliveries/{id}', { id: asked, env }),
    enabled: reads && /^dlv_[0-9a-z]{26}$/.test(asked),
    retry: false,
  });
  const endpoint = delivery.data?.endpoint;
  const href = endpoint === undefined ? hrefOfId(asked) : `/webhooks/${endpoint}`;
  const hits: Hit[] = (people.data?.items ?? []).map(({ id, name, email }) => ({
    key: id,
    group: 'palettePeople',
    label: name ?? email ?? id,
    detail: name && email,
    icon: IconUser,
    href: `/people/${id}`,
  }));
  const cases = [
    ...(verifications.data?.items ?? []).map(({ id, at }) => ['/verifications', id, at] as const),
    ...(sessions.data?.items ?? []).map(({ id, createdAt }) => ['/sessions', id, createdAt] as const),
  ];
  for (const [screen, id, at] of cases)
    hits.push({
      key: id,
      group: 'paletteCases',
      label: `${t(screen === '/sessions' ? 'liveSessions' : 'verifications')} ${referenceOf(id)}`,
      detail: format.absolute(at),
      icon: IconListCheck,
      href: `${screen}/${id}`,
    });
  if (href !== undefined && hits.length === 0)
    hits.push({ key: asked, group: 'paletteCases', label: asked, icon: IconListCheck, href });
  return hits.filter(({ href }) => `/${href.split(/[/?]/)[1]}` in routesByPath);
}

/** What else has a name: lists that stay short, read once for a minute and searched here. */
function useNamed(asked: string): Hit[] {
  const t = useStrings(frameStrings);
  const env = useWorld();
  const { user } = useSession();
  const enabled = asked.length >= 2 && !ID.test(asked) && readers.includes(user.role);
  const once = { enabled, staleTime: 60_000 };
  const keys = useQuery({ ...whole('/api/admin/keys'), ...once });
  const kiosks = useQuery({ ...read('/api/admin/kiosks'), ...once });
  const webhooks = useQuery({ ...whole('/api/admin/webhooks', { env }), ...once });
  const flows = useQuery({ ...whole('/api/admin/flows'), ...once });
  const profiles = useQuery({ ...whole('/api/admin/profiles'), ...once });
  const sites = useQuery({ ...whole('/api/admin/sites'), ...once });
  const administrators = useQuery({
    ...whole('/api/admin/administrators'),
    ...once,
    enabled: enabled && ['owner', 'auditor'].includes(user.role),
  });
  if (!enabled) return [];
  const hits = <Row>(
    query: { data: { items: readonly Row[] } | undefined },
    kind: 'apiKeys' | 'kiosks' | 'administrators' | 'webhooks' | 'flows' | 'profiles' | 'sites',
    icon: TablerIcon,
    of: (row: Row) => { href: string; names: readonly [string, ...string[]] },
  ): Hit[] =>
    (query.data?.items ?? [])
      .map(of)
      .filter(({ names }) => isFoundIn(asked, names))
      .map(({ href, names: [label] }) => ({
        key: `named ${href}`,
        group: 'paletteNamed',
        label,
        detail: t(kind),
        icon,
        href,
      }));
  return [
    ...hits(keys, 'apiKeys', IconKey, ({ id, name }) => ({ href: `/keys?find=${id}`, names: [name ?? ''] })),
    ...hits(kiosks, 'kiosks', IconDeviceTablet, ({ id, name }) => ({
      href: `/kiosks?find=${id}`,
      names: [name],
    })),
    ...hits(administrators, 'administrators', IconUsersGroup, ({ id, name, email }) => ({
      href: `/administrators?find=${id}`,
      names: [name, email],
    })),
    ...hits(webhooks, 'webhooks', IconWebhook, ({ id, description, url }) => ({
      href: `/webhooks/${id}`,
      names: [description || url, url],
    })),
    ...hits(flows, 'flows', IconRoute, ({ id, draft }) => ({ href: `/flows/${id}`, names: [draft.name] })),
    ...hits(profiles, 'profiles', IconAdjustmentsHorizontal, ({ slug, definition }) => ({
      href: `/profiles/${slug}`,
      names: [definition.name, slug],
    })),
    ...hits(sites, 'sites', IconMapPin, ({ id, name }) => ({ href: `/sites?find=${id}`, names: [name] })),
  ];
}

/** Codes of refusals, as bodies of the APIs have them: their pages say the cause and the remedy. */
function useErrorCodes(asked: string): Hit[] {
  const t = useStrings(refusalStrings);
  if (!/^[A-Z][A-Z0-9_]{2,}$/.test(asked)) return [];
  return (Object.keys(refusalStrings.en) as (keyof (typeof refusalStrings)['en'])[])
    .filter((code) => code.includes(asked))
    .map((code) => ({
      key: code,
      group: 'paletteCases',
      label: code,
      detail: t(code),
      icon: IconAlertTriangle,
      href: `/docs/errors/${code}`,
    }));
}

/** A text that nothing else is found by may be the id of a request: callers may choose their own. */
function useRequest(asked: string): Hit[] {
  const t = useStrings(frameStrings);
  const { user } = useSession();
  if (!auditors.includes(user.role) || !/^(?=.*\d)[A-Za-z0-9][A-Za-z0-9._:=+/-]{7,127}$/.test(asked))
    return [];
  return [
    {
      key: asked,
      group: 'paletteCases',
      label: t('paletteRequest', { id: asked }),
      icon: IconFileText,
      // In quotes, as the router writes a text that could be a number.
      href: `/audit?request=${encodeURIComponent(JSON.stringify(asked))}`,
    },
  ];
}

interface PaletteAction extends ScreenData {
  label: Exclude<keyof (typeof actionStrings)['en'], `${string}.words`>;
  /** Where it begins: an action that destroys opens its page, and never runs from the palette. */
  to: string;
  search?: string;
  icon: TablerIcon;
}

/** Every action of the palette; one is offered where its route exists and the role may open it. */
const actions: readonly PaletteAction[] = [
  { label: 'enroll', to: '/enroll', icon: IconUserPlus, roles: operators },
  { label: 'verify', to: '/verify', icon: IconUserCheck, roles: operators },
  { label: 'importMany', to: '/people/import', icon: IconUserPlus, roles: operators },
  { label: 'erase', to: '/people', icon: IconUserMinus, roles: operators },
  { label: 'consents', to: '/consents', icon: IconFileCertificate, roles: readers },
  { label: 'consentText', to: '/consent-text', icon: IconFileCertificate, roles: readers },
  { label: 'receipts', to: '/receipts', icon: IconFileCertificate, roles: readers },
  { label: 'retention', to: '/settings', icon: IconClockX, roles: readers },
  { label: 'pairKiosk', to: '/kiosks/pair', icon: IconDeviceTablet, roles: managers },
  { label: 'newKey', to: '/keys/new', icon: IconKey, roles: managers },
  { label: 'newWebhook', to: '/webhooks/new', icon: IconWebhook, roles: managers },
  { label: 'checkWebhook', to: '/webhooks/verify', icon: IconWebhook, roles: readers },
  { label: 'newProfile', to: '/profiles/new', icon: IconAdjustmentsHorizontal, roles: managers },
  { label: 'newFlow', to: '/flows/new', icon: IconRoute, roles: managers },
  { label: 'newScope', to: '/uniqueness/new', icon: IconFingerprint, roles: managers },
  { label: 'newAdministrator', to: '/administrators/new', icon: IconUsersGroup, roles: ['owner'] },
  { label: 'verifyLog', to: '/audit', icon: IconShieldCheck, roles: auditors },
  { label: 'backup', to: '/backups', icon: IconDatabaseExport, appliance: true },
  { label: 'certificate', to: '/setup', search: '?step=name', icon: IconCertificate, appliance: true },
  { label: 'ownSignIn', to: '/security', icon: IconShieldLock },
];

function useActions(): (Hit & { words: string })[] {
  const t = useStrings(actionStrings);
  const { routesByPath } = useRouter();
  const { user } = useSession();
  return actions
    .filter((action) => action.to in routesByPath && mayOpen(action, user))
    .map(({ label, to, search = '', icon }) => ({
      key: `action ${label}`,
      group: 'paletteActions',
      label: t(label),
      words: t(`${label}.words`),
      icon,
      href: to + search,
    }));
}
