import { existsSync } from 'node:fs';
import { open as openFile, rename, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { requireFolderOf } from '../folder-of.ts';
import { invocation } from '../invocation.ts';
import { chooseOrganization } from '../organization.ts';
import { jsonLines } from '../terminal/json-lines.ts';
import { readMoment } from '../terminal/moment.ts';
import { oneLine, type Terminal } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

interface LineReply {
  seq: number;
  time: string;
  actor: string;
  action: string;
  outcome: string;
  target?: string;
}

interface KeysReply {
  appliance: string;
  keys: { kid: string; publicKey: string }[];
}

interface Tail {
  lines: string;
  follow?: boolean;
  org?: string;
  action?: string;
  subject?: string;
}

interface Export {
  org?: string;
  since?: string;
  until?: string;
}

/** `audit tail`, `audit export` and `audit keys`. */
export function addAudit(audit: Command, runner: CommandRunner): void {
  runner.run<Tail>(
    audit
      .command('tail')
      .summary('the newest lines')
      .description(
        'The newest lines of the audit log, oldest first. With --json one JSON object a line. Looking is itself a line of the log.',
      )
      .option('-n, --lines <count>', 'how many', '20')
      .option('-f, --follow', 'go on with what is added, until Ctrl-C; the service must run')
      .option('--org <id>', 'only of this organization, by id or name')
      .option('--action <action>', 'only this, such as subject.enroll')
      .option('--subject <id>', 'only about this person, by the id that `subject show` tells')
      .addHelpText(
        'after',
        examples('audit tail -n 50', 'audit tail --follow --action verification.decide', 'audit tail --json'),
      ),
    async ({ options, control, terminal }) => {
      const limit = Number(options.lines);
      if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
        throw new UsageError(`--lines: "${options.lines}" is no number from 1 to 10,000.`);
      }
      const open = await control();
      const query = {
        limit,
        action: options.action,
        subject: options.subject,
        organization: await organizationId(open, options.org),
      };
      const show = (line: LineReply) => terminal.answer(options.json ? JSON.stringify(line) : row(line));
      if (!options.follow) {
        const { lines } = await open.get<{ lines: LineReply[] }>('/audit', query);
        if (lines.length === 0) terminal.note('No line fits.');
        else if (!options.json) head(terminal);
        for (const line of lines) show(line);
        return undefined;
      }
      if (open.via === 'own process') {
        throw new UsageError(
          'No service runs on this directory, so nothing is added while you watch: leave out --follow.',
        );
      }
      if (!options.json) head(terminal);
      const lines = jsonLines<LineReply>(await open.download('/audit/follow', query));
      for await (const line of lines) show(line);
      terminal.note('The service stopped.');
      return undefined;
    },
  );

  runner.run<Export>(
    audit
      .command('export')
      .argument('<file>', 'file to write; it must not exist')
      .summary('write the log into a file that can be verified anywhere')
      .description(
        'Writes the audit log as JSON Lines, signed, for an auditor or an archive. Whoever has the file and the public key (audit keys) ' +
          'can verify it without this machine: audit verify --file. With --org, --since or --until the other lines are left out, ' +
          'and their hashes stand in their place: the file still proves that nothing of what it shows was changed or taken out.',
      )
      .option('--org <id>', 'only of this organization, by id or name')
      .option('--since <time>', 'only from this time on, such as 2026-11-01 or 2026-11-01T08:00:00Z')
      .option('--until <time>', 'only before this time')
      .addHelpText(
        'after',
        examples(
          'audit export audit-2026-11.jsonl',
          'audit export october.jsonl --since 2026-10-01 --until 2026-11-01',
        ),
      ),
    async ({ options, control }, path = '') => {
      const file = userPath(path);
      if (existsSync(file)) {
        throw new UsageError(
          `${file} exists already: an export never writes over a file. Choose another name.`,
        );
      }
      requireFolderOf(file);
      const since = options.since === undefined ? undefined : readMoment('--since', options.since, 'first');
      const until = options.until === undefined ? undefined : readMoment('--until', options.until, 'first');
      const open = await control();
      const bytes = await open.download('/audit/export', {
        since,
        until,
        organization: await organizationId(open, options.org),
      });
      const size = await writeWhole(file, bytes);
      const text = `${file} is written (${size.toLocaleString('en')} bytes). Whoever verifies it needs the public key too:\n  ${invocation} audit keys > audit-key.pem\n  ${invocation} audit verify --file ${path} --public-key audit-key.pem`;
      return { json: { file, bytes: size }, text };
    },
  );

  runner.run(
    audit
      .command('keys')
      .summary('the public keys that verify the log')
      .description(
        'The public keys, PEM: keep them away from this machine, and give them to whoever verifies exports. Standard output can be used as the file for audit verify --public-key.',
      )
      .addHelpText('after', examples('audit keys > audit-key.pem')),
    async ({ control }) => {
      const open = await control();
      const reply = await open.get<KeysReply>('/audit/keys');
      const blocks = reply.keys.map(({ kid, publicKey }) => `# ${reply.appliance} ${kid}\n${publicKey}`);
      return { json: reply, text: blocks.join('').trimEnd() };
    },
  );
}

const WIDTHS = [24, 34, 22, 7] as const;

const columns = (cells: readonly string[]) =>
  cells
    .map((cell, index) => oneLine(cell).padEnd(WIDTHS[index] ?? 0))
    .join('  ')
    .trimEnd();

const row = ({ time, actor, action, outcome, target }: LineReply) =>
  columns([time, actor, action, outcome, target ?? '–']);

const head = (terminal: Terminal) =>
  terminal.answer(columns(['time', 'actor', 'action', 'outcome', 'target']));

async function organizationId(open: Control, given: string | undefined): Promise<string | undefined> {
  return given === undefined ? undefined : (await chooseOrganization(open, given)).id;
}

/** All of it, on disk, or no file of that name; for the owner alone. Gives the bytes written. */
async function writeWhole(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const unfinished = `${file}.unfinished`;
  await rm(unfinished, { force: true });
  // Not one that somebody else put there to read along.
  const handle = await openFile(unfinished, 'wx', 0o600);
  let size = 0;
  try {
    for await (const chunk of bytes) {
      await handle.writeFile(chunk);
      size += chunk.byteLength;
    }
    await handle.sync();
    await handle.close();
    await rename(unfinished, file);
    return size;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(unfinished, { force: true });
    throw error;
  }
}
