import { existsSync } from 'node:fs';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas, streamOf } from '../../../sdk/admin/client.ts';
import { acceptable } from '../../engine/appliance/index.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurablyAside } from '../../lib/durable-file.ts';
import { verifyLog } from '../audit/verify.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { initially, toggle, value } from '../flag.ts';
import { requireFolderOf } from '../into-new-file.ts';
import { invocation } from '../invocation.ts';
import { call, noun, work } from '../operation-command.ts';
import { chooseOrganization } from '../organization.ts';
import { readStart } from '../terminal/moment.ts';
import { jsonLines, oneLine, type Terminal } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

type Line = Schemas['AuditLine'];

const org = value('<id>', 'only of this organization, by id or name');

export const audit = noun('the log of every change and every access to personal data', {
  tail: work({
    summary: 'the newest lines',
    about:
      'The newest lines of the audit log, oldest first. With --json one JSON object a line. Reading the log is recorded, too.',
    options: {
      limit: initially('20', value('-n, --limit <count>', 'how many', readLimit)),
      follow: toggle('follow new lines until Ctrl-C; the service must run', '-f, --follow'),
      org,
      action: value('<action>', 'only this action, such as subject.enroll'),
      subject: value('<id>', 'only about this person, by the id from `subject show`'),
      node: value('<id>', 'only what this node wrote, where there are several'),
    },
    examples: ['audit tail -n 50', 'audit tail --follow --action verification.decide', 'audit tail --json'],
    async run({ limit = 20, follow, org, action, subject, node }, { control, terminal, json }) {
      const open = await control();
      const filter = defined({ action, subject, node, organization: await organizationId(open, org) });
      const show = (line: Line) => terminal.answer(json ? JSON.stringify(line) : row(line));
      if (!follow) {
        const lines = await allPages(
          (page) =>
            replyOf(open.admin.GET('/api/admin/audit', { params: { query: { ...filter, ...page } } })),
          limit,
        );
        if (lines.length === 0) terminal.note('No line matches.');
        else if (!json) head(terminal);
        for (const line of lines.reverse()) show(line);
        return undefined;
      }
      if (open.via === 'own process') {
        throw new UsageError(
          'No service runs on this directory, so nothing is added while you watch: leave out --follow.',
        );
      }
      if (!json) head(terminal);
      const bytes = streamOf(
        open.admin.GET('/api/admin/audit/follow', {
          params: { query: { ...filter, limit } },
          parseAs: 'stream',
        }),
      );
      for await (const line of jsonLines<Line>(bytes)) {
        show(line);
        if (!(await terminal.isRead())) return undefined;
      }
      terminal.note('The service stopped.');
      return undefined;
    },
  }),
  export: work({
    args: { path: value('<file>', 'file to write; it must not exist') },
    summary: 'write the log into a file that can be verified anywhere',
    about:
      'Writes the audit log as JSON Lines, signed, for an auditor or an archive. The file and the public key (audit keys) are all that ' +
      'a verification needs, on any machine: audit verify --file. With --org, --since or --until the other lines are left out, ' +
      'and replaced by their hashes: the file still proves that no line in it was changed or removed.',
    options: {
      org,
      since: value('<time>', 'only from this time on, such as 2026-11-01 or 2026-11-01T08:00:00Z', readStart),
      until: value('<time>', 'only before this time', readStart),
    },
    examples: [
      'audit export audit-2026-11.jsonl',
      'audit export october.jsonl --since 2026-10-01 --until 2026-11-01',
    ],
    async run({ path = '', org, since, until }, { control }) {
      const file = userPath(path);
      if (existsSync(file)) {
        throw new UsageError(
          `${file} exists already: an export never writes over a file. Choose another name.`,
        );
      }
      requireFolderOf(file);
      const open = await control();
      const organization = await organizationId(open, org);
      const bytes = streamOf(
        open.admin.GET('/api/admin/audit/export', {
          params: { query: defined({ since, until, organization }) },
          parseAs: 'stream',
        }),
      );
      const size = await writeDurablyAside(file, bytes);
      const text = `${file} is written (${size.toLocaleString('en')} bytes). A verification needs the public key too:\n  ${invocation} audit keys > audit-key.pem\n  ${invocation} audit verify --file ${path} --public-key audit-key.pem`;
      return { json: { file, bytes: size }, text };
    },
  }),
  keys: call('GET /api/admin/audit/keys', {
    summary: 'the public keys that verify the log',
    about:
      'The public keys, PEM: keep them away from this machine, and give them to the people who verify exports. Standard output can be used as the file for audit verify --public-key.',
    text: ({ items, appliance }) =>
      items
        .map(({ kid, publicKey }) => `# ${appliance} ${kid}\n${publicKey}`)
        .join('')
        .trimEnd(),
    examples: ['audit keys > audit-key.pem'],
  }),
  verify: work({
    summary: 'verify that the log was not changed',
    about:
      'Looks at every line, every checkpoint, the key store’s note of the newest one and the same note in every copy of the key ' +
      'store: changed, missing, reordered, inserted and cut-off lines are found. Then at everything else that is signed or carries a MAC: keys, the list of ' +
      'erased people, receipts, and the rows of the database that protect or open the box. Where there are several nodes, each has lines of its own, and names signed where those of all others end: a node whose lines were cut off or set back to an older state is found by what the others name, and one that signed nothing for half an hour without leaving is reported. With a database on another machine, this machine keeps on its disk where all lines ended, signed: what of that is not there any more is named as lost. Exit code 1 when anything is wrong. Lines after the last checkpoint are chained but not signed yet. ' +
      'With --file it checks an exported log instead, without data directory or service.',
    options: {
      file: value('<file>', 'an export (audit export)'),
      publicKey: value('<pem>', 'file with the trusted keys, as `audit keys` printed them; with --file'),
    },
    examples: ['audit verify', 'audit verify --file audit-2026-11.jsonl --public-key audit-key.pem'],
    run: verifyLog,
  }),
  accept: work({
    args: { table: value('<table>', acceptable.join(', ')), id: value('<id>', 'as audit verify names it') },
    summary: 'accept a row that another program changed, or that is damaged',
    about:
      'Shows a row of the database which is not used because another program than the service wrote or changed it, or of which a part cannot be read. With the digest that is shown with it, accepts the row as it is: from here on it counts as written by the service, what could not be read is given up for good, and the audit log records who accepted it. Refused where the row was changed since it was shown.',
    options: { seen: value('<digest>', 'accept what was shown with this digest') },
    examples: [
      'audit accept organization org_01m8ay6r06c205q2v4n9z7q4vd',
      'audit accept organization org_01m8ay6r06c205q2v4n9z7q4vd --seen 5b2c8e9f7a0d4c1b8e6f3a2d9c7b5e10',
    ],
    async run({ table: name = '', id = '', seen }, { control }) {
      const table = acceptable.find((one) => one === name);
      if (table === undefined)
        throw new UsageError(`<table> is one of ${acceptable.join(', ')}, not "${name}".`);
      const { admin } = await control();
      if (seen !== undefined) {
        const body = { table, id, seen };
        const reply = await replyOf(admin.POST('/api/admin/audit/accepted-rows', { body }));
        return { json: reply, text: `${table} ${id} is accepted, and used from here on.` };
      }
      const row = await replyOf(
        admin.GET('/api/admin/audit/protected-row', { params: { query: { table, id } } }),
      );
      const holds = Object.entries(row.columns).map(([column, value]) => `  ${column}: ${value ?? '–'}`);
      const next = row.sound
        ? 'The service wrote it as it is: there is nothing to accept.'
        : `Nothing was changed. If this is right:  gatehouse audit accept ${table} ${id} --seen ${row.seen}`;
      return {
        json: row,
        text: [`${table} ${id} holds now:`, ...holds, next].join('\n'),
        ...(row.sound ? {} : { exitCode: 1 as const }),
      };
    },
  }),
  'accept-loss': call('POST /api/admin/audit/accepted-losses', {
    summary: 'accept that lines of the log are lost',
    about:
      'For a database on another machine that came back older than this machine had seen it: a standby that lagged took over, and nothing newer is left. audit verify names the lines. With --yes a signed line says what is lost and who accepted it, the log is signed again from there on, and the warning ends. Put the newest database back instead where there is one.',
    confirm: {
      option: '--yes',
      about: 'confirm',
      word: () => [
        true,
        'What the lost lines record is lost for good with them. Nothing was changed. Add --yes to confirm.',
      ],
    },
    text: ({ items }) =>
      [
        'The loss is accepted, and a signed line of the log says so.',
        ...items.map(
          ({ node, from, through }) =>
            `  ${node === undefined ? 'lines' : `${node}: lines`} ${from === undefined ? 'up to' : `${from} to`} ${through}`,
        ),
      ].join('\n'),
    examples: ['audit accept-loss --yes'],
  }),
});

/** The id of the organization that was named by id or name; undefined where none was. */
async function organizationId(open: Control, given: string | undefined): Promise<string | undefined> {
  return given === undefined ? undefined : (await chooseOrganization(open, given)).id;
}

function readLimit(_: string, text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 10_000) return limit;
  throw new UsageError(`--limit: "${text}" is not a number from 1 to 10,000.`);
}

const WIDTHS = [24, 34, 22, 7] as const;

const columns = (cells: readonly string[]) =>
  cells
    .map((cell, index) => oneLine(cell).padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd();

const row = ({ time, actor, action, outcome, target, node }: Line) =>
  columns([time, actor, action, outcome, target ?? '–', ...(node === undefined ? [] : [node])]);

const head = (terminal: Terminal) =>
  terminal.answer(columns(['time', 'actor', 'action', 'outcome', 'target']));
