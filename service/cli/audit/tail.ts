import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas, streamOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { jsonLines } from '../terminal/json-lines.ts';
import { oneLine, type Terminal } from '../terminal/terminal.ts';
import { organizationId } from './organization-id.ts';

type Line = Schemas['AuditLine'];

interface Tail {
  limit: string;
  follow?: boolean;
  org?: string;
  action?: string;
  subject?: string;
}

export function addAuditTail(audit: Command, runner: CommandRunner): void {
  runner.run<Tail>(
    audit
      .command('tail')
      .summary('the newest lines')
      .description(
        'The newest lines of the audit log, oldest first. With --json one JSON object a line. Reading the log is recorded, too.',
      )
      .option('-n, --limit <count>', 'how many', '20')
      .option('-f, --follow', 'follow new lines until Ctrl-C; the service must run')
      .option('--org <id>', 'only of this organization, by id or name')
      .option('--action <action>', 'only this action, such as subject.enroll')
      .option('--subject <id>', 'only about this person, by the id from `subject show`')
      .addHelpText(
        'after',
        examples('audit tail -n 50', 'audit tail --follow --action verification.decide', 'audit tail --json'),
      ),
    async ({ options, control, terminal }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
        throw new UsageError(`--limit: "${options.limit}" is not a number from 1 to 10,000.`);
      }
      const open = await control();
      const { action, subject, org } = options;
      const filter = defined({ action, subject, organization: await organizationId(open, org) });
      const show = (line: Line) => terminal.answer(options.json ? JSON.stringify(line) : row(line));
      if (!options.follow) {
        const lines = await allPages(
          (page) =>
            replyOf(open.admin.GET('/api/admin/audit', { params: { query: { ...filter, ...page } } })),
          limit,
        );
        if (lines.length === 0) terminal.note('No line fits.');
        else if (!options.json) head(terminal);
        for (const line of lines.reverse()) show(line);
        return undefined;
      }
      if (open.via === 'own process') {
        throw new UsageError(
          'No service runs on this directory, so nothing is added while you watch: leave out --follow.',
        );
      }
      if (!options.json) head(terminal);
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
  );
}

const WIDTHS = [24, 34, 22, 7] as const;

const columns = (cells: readonly string[]) =>
  cells
    .map((cell, index) => oneLine(cell).padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd();

const row = ({ time, actor, action, outcome, target }: Line) =>
  columns([time, actor, action, outcome, target ?? '–']);

const head = (terminal: Terminal) =>
  terminal.answer(columns(['time', 'actor', 'action', 'outcome', 'target']));
