import type { Command } from 'commander';

/** Man page (roff) of the command and everything below it, from its own help. */
export function manualOf(program: Command, { version, at }: { version: string; at: Date }): string {
  const date = at.toISOString().slice(0, 10);
  const parts = [
    `.TH GATEHOUSE 1 "${date}" "gatehouse ${version}" "Gatehouse"`,
    '.SH NAME\ngatehouse \\- verification of people on a machine of your own',
    '.SH SYNOPSIS\n.B gatehouse\n.I COMMAND\n[\\fIOPTIONS\\fR]',
    `.SH DESCRIPTION\n${escaped(program.description())}`,
    '.SH COMMANDS',
    ...program.commands.flatMap((command) => describe(command, command.name())),
    '.SH FILES\n.TP\n.I /etc/gatehouse/gatehouse.json\nSettings. Described in /usr/share/doc/gatehouse/docs/SETTINGS.md.\n.TP\n.I /var/lib/gatehouse\nData directory: database, keys, models.',
    '.SH ENVIRONMENT\n.TP\n.B GATEHOUSE_DATA\nData directory; /var/lib/gatehouse in the package.',
  ];
  return `${parts.join('\n')}\n`;
}

function describe(command: Command, path: string): string[] {
  const help = command.createHelp();
  if (path === 'complete') return [];
  const lines = [`.SS gatehouse ${escaped(path)}`, escaped(command.description())];
  for (const option of help.visibleOptions(command)) {
    if (option.long === '--help') continue;
    lines.push(`.TP\n\\fB${escaped(option.flags)}\\fR\n${escaped(option.description)}`);
  }
  const below = command.commands.filter(({ name }) => name !== undefined);
  return [...lines, ...below.flatMap((one) => describe(one, `${path} ${one.name()}`))];
}

/** Backslashes, and a dot or quote at the start of a line, mean something to roff. */
const escaped = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join('\n');
