import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { toggle, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { call, list, noun, tableOf } from '../operation-command.ts';

export const grant = noun(
  'destinations of webhooks, callbacks and mail: nothing leaves the box without a grant',
  {
    list: list('GET /api/admin/grants', {
      on: 'org',
      about: 'what is granted',
      options: { all: toggle('revoked ones too') },
      limit: 1000,
      ask: ({ all }) => (all ? {} : { revoked: 'false' as const }),
      rows: (items, empty, { all }) =>
        tableOf(
          items,
          {
            grant: 'id',
            destination: 'to',
            since: 'createdAt',
            by: 'createdBy',
            ...(all && { revoked: ({ revoked }) => revoked?.at }),
            note: ({ note }) => (note === '' ? undefined : note),
          },
          empty,
        ),
      empty: `Nothing is granted: nothing leaves the box. Add one: ${invocation} grant add --help`,
      examples: ['grant list', 'grant list --all --json'],
    }),
    add: call('POST /api/admin/grants', {
      on: 'org',
      args: {
        to: value(
          '<destination>',
          'host, *.host, address or network, each with :port where it is not 443 (or 80), or public-https',
        ),
      },
      about: 'allow an organization to send to a destination',
      fields: { note: value('<text>', 'reason, shown in the list') },
      text: {
        grant: 'id',
        destination: 'to',
        since: ({ createdAt, createdBy }) => `${createdAt} by ${createdBy}`,
        note: ({ note }) => (note === '' ? undefined : note),
      },
      examples: [
        'grant add hooks.example.org',
        'grant add "*.example.org:8443" --note "access control, ticket 4711"',
        'grant add 10.20.0.0/16:8080',
        'grant add "[fd00::1]:443"',
        'grant add mail.example.org:587',
        'grant add public-https',
      ],
      notes: `A name may have public or private addresses; http:// goes to private ones and loopback only. public-https is any public
address at https, port 443. Loopback is opened by its address or by localhost alone. Whatever is granted, nothing is sent to
link-local and metadata addresses, to reserved ones, or to this box's own ports.`,
    }),
    revoke: call('DELETE /api/admin/grants/{id}', {
      on: 'org',
      args: { id: value('<grant-id>', 'as `grant list` shows it') },
      about: 'stop sending there, from the next attempt on',
      confirm: {
        option: '--confirm <destination>',
        about: 'its destination, as a confirmation',
        async word({ id }, { realm }) {
          const { open, query } = await realm();
          const granted = await allPages((page) =>
            replyOf(
              open.admin.GET('/api/admin/grants', {
                params: { query: { ...query, revoked: 'false', ...page } },
              }),
            ),
          );
          const found = granted.find((one) => one.id === id);
          return (
            found && [
              found.to,
              `Deliveries to ${found.to} that no other grant covers fail from the next attempt on. Nothing was changed. To confirm, repeat the destination: --confirm "${found.to}"`,
            ]
          );
        },
      },
      text: ({ to, id }) => `Nothing is sent to ${to} any more under the grant ${id}.`,
      examples: ['grant revoke grt_01… --confirm hooks.example.org'],
    }),
  },
);
